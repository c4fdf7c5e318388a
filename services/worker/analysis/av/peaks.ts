/** Audio is resampled to mono, 16 bit, at this rate in Hz. */
export const PEAKS_SAMPLE_RATE = 8_000;
const MAX_BUCKETS = 4_000;

/**
 * Collects the peak per interval of audio of unknown length in constant memory, and measures its duration by counting
 * samples.
 */
export class PeakMeter {
  private buckets: number[] = [];
  private samplesPerBucket = 16;
  private inBucket = 0;
  private peak = 0;
  private samples = 0;
  private oddByte: Buffer | null = null;

  get durationSeconds(): number {
    return this.samples / PEAKS_SAMPLE_RATE;
  }

  /** Adds signed 16-bit little-endian samples; chunks may be split anywhere. */
  add(chunk: Buffer): void {
    const bytes = this.oddByte ? Buffer.concat([this.oddByte, chunk]) : chunk;
    const whole = bytes.length - (bytes.length % 2);
    this.oddByte = whole < bytes.length ? Buffer.from(bytes.subarray(whole)) : null;
    for (let i = 0; i < whole; i += 2) this.addSample(Math.abs(bytes.readInt16LE(i)));
  }

  /** Peaks of `count` equal intervals (fewer for short audio), 0..1. */
  peaks(count: number): number[] {
    const all = this.inBucket > 0 ? [...this.buckets, this.peak] : this.buckets;
    const intervals = Math.min(count, all.length);
    return Array.from({ length: intervals }, (_, i) => {
      const interval = all.slice(
        Math.floor((i * all.length) / intervals),
        Math.floor(((i + 1) * all.length) / intervals),
      );
      return Math.round((Math.max(...interval) / 32_768) * 1_000) / 1_000;
    });
  }

  private addSample(amplitude: number): void {
    this.samples += 1;
    if (amplitude > this.peak) this.peak = amplitude;
    this.inBucket += 1;
    if (this.inBucket < this.samplesPerBucket) return;
    this.buckets.push(this.peak);
    this.inBucket = 0;
    this.peak = 0;
    if (this.buckets.length === MAX_BUCKETS) this.halve();
  }

  private halve(): void {
    this.buckets = Array.from({ length: MAX_BUCKETS / 2 }, (_, i) =>
      Math.max(this.buckets[2 * i]!, this.buckets[2 * i + 1]!),
    );
    this.samplesPerBucket *= 2;
  }
}
