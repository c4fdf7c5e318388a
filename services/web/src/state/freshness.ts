import type { Media } from '#contracts';

const order = { uploaded: 0, processing: 1, completed: 2, failed: 2 };

/**
 * Returns true when `candidate` is older than `known`, because events may arrive out of order. A round only increases,
 * and so do the status and `updatedAt` within it.
 */
export function isOlder(candidate: Media, known: Media): boolean {
  if (candidate.round !== known.round) return candidate.round < known.round;
  if (candidate.status !== known.status) return order[candidate.status] < order[known.status];
  return candidate.updatedAt < known.updatedAt;
}
