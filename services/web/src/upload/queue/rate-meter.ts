/** Weight of the newest sample: readable, and follows a change within a few seconds. */
const weight = 0.3;

/** Measures bytes per second as an exponential moving average. */
export class RateMeter {
  #lastMs: number;
  #lastBytes: number | null = null;
  #rate: number | null = null;
  readonly #gapMs: number;

  /** `gapMs`: the least duration of a sample. */
  constructor(startMs: number, gapMs = 250) {
    this.#lastMs = startMs;
    this.#gapMs = gapMs;
  }

  /**
   * Returns the rate for the total so far; null before the first sample is complete. The first total is the baseline,
   * because a resumed upload does not begin at zero.
   */
  measure(loadedBytes: number, nowMs: number): number | null {
    if (this.#lastBytes === null) {
      this.#lastBytes = loadedBytes;
      this.#lastMs = nowMs;
    }
    const gapMs = nowMs - this.#lastMs;
    if (gapMs < this.#gapMs) return this.#rate;
    const sample = ((loadedBytes - this.#lastBytes) / gapMs) * 1000;
    this.#rate = this.#rate === null ? sample : this.#rate + weight * (sample - this.#rate);
    this.#lastMs = nowMs;
    this.#lastBytes = loadedBytes;
    return this.#rate;
  }
}
