const minimumGapMs = 250;
/** Weight of the newest sample: smooth enough to read, quick enough to notice a change within a few seconds. */
const weight = 0.3;

/** Bytes per second, smoothed. */
export class RateMeter {
  #lastMs: number;
  #lastBytes = 0;
  #rate: number | null = null;

  constructor(startMs: number) {
    this.#lastMs = startMs;
  }

  /** Takes the total so far; null until there is enough to tell. */
  measure(loadedBytes: number, nowMs: number): number | null {
    const gapMs = nowMs - this.#lastMs;
    if (gapMs < minimumGapMs) return this.#rate;
    const sample = ((loadedBytes - this.#lastBytes) / gapMs) * 1000;
    this.#rate = this.#rate === null ? sample : this.#rate + weight * (sample - this.#rate);
    this.#lastMs = nowMs;
    this.#lastBytes = loadedBytes;
    return this.#rate;
  }
}
