import { PeakMeter, PEAKS_SAMPLE_RATE } from './peaks';

function samples(count: number, amplitude: (i: number) => number): Buffer {
  const bytes = Buffer.alloc(count * 2);
  for (let i = 0; i < count; i += 1) bytes.writeInt16LE(Math.round(amplitude(i) * 32_767), i * 2);
  return bytes;
}

describe('PeakMeter', () => {
  it('measures the duration, however the bytes are split', () => {
    const meter = new PeakMeter();
    const bytes = samples(PEAKS_SAMPLE_RATE, () => 0.5);
    for (let at = 0; at < bytes.length; at += 777) meter.add(bytes.subarray(at, at + 777));
    expect(meter.durationSeconds).toBe(1);
    expect(new Set(meter.peaks(100))).toEqual(new Set([0.5]));
  });

  it('returns the peak of each interval', () => {
    const meter = new PeakMeter();
    meter.add(samples(80_000, (i) => (i >= 40_000 ? -1 : 0.1)));
    const peaks = meter.peaks(10);
    expect(peaks).toEqual([0.1, 0.1, 0.1, 0.1, 0.1, 1, 1, 1, 1, 1]);
  });

  it('keeps the peaks of long audio in constant memory', () => {
    const meter = new PeakMeter();
    for (let second = 0; second < 200; second += 1)
      meter.add(samples(PEAKS_SAMPLE_RATE, () => (second === 100 ? 0.9 : 0.2)));
    expect(meter.durationSeconds).toBe(200);
    const peaks = meter.peaks(400);
    expect(peaks).toHaveLength(400);
    expect(Math.abs(peaks.indexOf(0.9) - 200)).toBeLessThanOrEqual(1);
    expect(peaks.filter((peak) => peak === 0.9).length).toBeLessThanOrEqual(3);
  });

  it('returns fewer peaks for short audio, and none for empty audio', () => {
    const meter = new PeakMeter();
    expect(meter.peaks(400)).toEqual([]);
    meter.add(samples(20, () => 1));
    expect(meter.peaks(400)).toEqual([1, 1]);
  });
});
