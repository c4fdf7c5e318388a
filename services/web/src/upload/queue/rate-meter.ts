/** Weight of the newest sample: smooth enough to read, quick enough to notice a change within a few seconds. */
const weight = 0.3;

/** Bytes per second, smoothed. */
export class RateMeter {
  #lastMs: number;
  #lastBytes: number | null = null;
  #rate: number | null = null;
  readonly #gapMs: number;

  /** `gapMs`: how long a sample lasts at least. */
  constructor(startMs: number, gapMs = 250) {
    this.#lastMs = startMs;
    this.#gapMs = gapMs;
  }

  /** Takes the total so far; null until there is enough to tell. The first total is where it begins: a resumed upload does not begin at zero. */
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
