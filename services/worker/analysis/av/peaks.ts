/** Sound is looked at as mono, 16 bit, at this rate. */
export const PEAKS_SAMPLE_RATE = 8_000;
const MAX_BUCKETS = 4_000;

/** Collects the loudest sample per stretch of a sound of unknown length in constant memory; counts what really plays. */
export class PeakMeter {
  private buckets: number[] = [];
  private samplesPerBucket = 16;
  private inBucket = 0;
  private loudest = 0;
  private samples = 0;
  private oddByte: Buffer | null = null;

  get durationSeconds(): number {
    return this.samples / PEAKS_SAMPLE_RATE;
  }

  /** Takes signed 16-bit little-endian samples, cut anywhere. */
  add(chunk: Buffer): void {
    const bytes = this.oddByte ? Buffer.concat([this.oddByte, chunk]) : chunk;
    const whole = bytes.length - (bytes.length % 2);
    this.oddByte = whole < bytes.length ? Buffer.from(bytes.subarray(whole)) : null;
    for (let i = 0; i < whole; i += 2) this.addSample(Math.abs(bytes.readInt16LE(i)));
  }

  /** The loudest of each of `count` equal stretches (fewer when the sound is that short), 0..1. */
  peaks(count: number): number[] {
    const all = this.inBucket > 0 ? [...this.buckets, this.loudest] : this.buckets;
    const stretches = Math.min(count, all.length);
    return Array.from({ length: stretches }, (_, i) => {
      const stretch = all.slice(
        Math.floor((i * all.length) / stretches),
        Math.floor(((i + 1) * all.length) / stretches),
      );
      return Math.round((Math.max(...stretch) / 32_768) * 1_000) / 1_000;
    });
  }

  private addSample(loudness: number): void {
    this.samples += 1;
    if (loudness > this.loudest) this.loudest = loudness;
    this.inBucket += 1;
    if (this.inBucket < this.samplesPerBucket) return;
    this.buckets.push(this.loudest);
    this.inBucket = 0;
    this.loudest = 0;
    if (this.buckets.length === MAX_BUCKETS) this.halve();
  }

  private halve(): void {
    this.buckets = Array.from({ length: MAX_BUCKETS / 2 }, (_, i) =>
      Math.max(this.buckets[2 * i]!, this.buckets[2 * i + 1]!),
    );
    this.samplesPerBucket *= 2;
  }
}
