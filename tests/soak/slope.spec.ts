import { slopePerMinute } from './slope';

const points = (values: readonly number[]) => values.map((value, atMinutes) => ({ atMinutes, value }));

describe('slopePerMinute', () => {
  it('is the growth of what grows steadily', () => expect(slopePerMinute(points([5, 7, 9, 11]))).toBe(2));
  it('is not moved by a single peak', () => expect(slopePerMinute(points([5, 5, 90, 5, 5]))).toBe(0));
  it('is zero for too few points', () => expect(slopePerMinute(points([5]))).toBe(0));
});
