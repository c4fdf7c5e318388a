import { cutAtQuiet, isSilent } from './pieces';

/** Levels of 0.1 s each: loud, and quiet at the given seconds. */
function sound(seconds: number, quietAt: Record<number, number> = {}): Float32Array {
  const levels = new Float32Array(seconds * 10).fill(0.3);
  for (const [at, level] of Object.entries(quietAt)) levels.fill(level, Number(at) * 10 - 5, Number(at) * 10 + 5);
  return levels;
}
const limits = { shortestSeconds: 8, longestSeconds: 12 };

describe('the pieces of a sound', () => {
  it('are one where it is short', () => {
    expect(cutAtQuiet(sound(12), limits)).toEqual([{ startSeconds: 0, endSeconds: 12 }]);
    expect(cutAtQuiet(sound(0), limits)).toEqual([]);
  });

  it('end where it is quietest', () => {
    const levels = sound(25, { 5: 0, 9: 0.1, 11: 0.01, 20: 0.05 });
    const pieces = cutAtQuiet(levels, limits);
    expect(pieces.map(({ endSeconds }) => Math.round(endSeconds))).toEqual([11, 20, 25]);
    expect(pieces.map(({ startSeconds }) => startSeconds)).toEqual([
      0,
      ...pieces.slice(0, -1).map((p) => p.endSeconds),
    ]);
  });

  it('are never longer than allowed or too short to send, also without any pause', () => {
    for (const seconds of [12.1, 13, 24.2, 61.7]) {
      const pieces = cutAtQuiet(sound(seconds), limits);
      expect(pieces.at(-1)!.endSeconds).toBeCloseTo(seconds);
      for (const { startSeconds, endSeconds } of pieces) {
        expect(endSeconds - startSeconds).toBeLessThanOrEqual(12.001);
        expect(endSeconds - startSeconds).toBeGreaterThan(0.9);
      }
    }
  });

  it('are silent where nothing rises above the noise of a microphone', () => {
    const levels = sound(10, { 5: 0.0005 });
    expect(isSilent(levels, { startSeconds: 4.6, endSeconds: 5.4 })).toBe(true);
    expect(isSilent(levels, { startSeconds: 4.6, endSeconds: 6 })).toBe(false);
    expect(isSilent(levels, { startSeconds: 5, endSeconds: 5 })).toBe(true);
  });
});
