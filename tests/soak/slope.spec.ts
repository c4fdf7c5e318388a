import { slopePerMinute } from './slope';

const points = (values: readonly number[]) => values.map((value, atMinutes) => ({ atMinutes, value }));

describe('slopePerMinute', () => {
  it('returns the slope of a steady growth', () => expect(slopePerMinute(points([5, 7, 9, 11]))).toBe(2));
  it('ignores a single peak', () => expect(slopePerMinute(points([5, 5, 90, 5, 5]))).toBe(0));
  it('returns 0 for too few points', () => expect(slopePerMinute(points([5]))).toBe(0));
});
