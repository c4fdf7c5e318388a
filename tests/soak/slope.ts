/** A measured value, `atMinutes` after the start. */
export interface Point {
  atMinutes: number;
  value: number;
}

/**
 * Returns the growth per minute: the median of the slopes between all pairs of points (Theil-Sen estimator), which
 * ignores single peaks such as those before a garbage collection.
 */
export function slopePerMinute(points: readonly Point[]): number {
  const slopes = points.flatMap((one, at) =>
    points.slice(at + 1).map((other) => (other.value - one.value) / (other.atMinutes - one.atMinutes)),
  );
  if (slopes.length === 0) return 0;
  const sorted = slopes.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
