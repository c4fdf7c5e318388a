import { loudest } from './wave-drawing';

test('returns the highest peak of a range', () => {
  expect(loudest([0.1, 0.9, 0.2, 0.3], 0, 0.5)).toBe(0.9);
  expect(loudest([0.1, 0.9, 0.2, 0.3], 0.5, 1)).toBe(0.3);
});

test('repeats a peak when there are more bars than peaks', () => {
  expect(loudest([0.5], 0.75, 1)).toBe(0.5);
});

test('returns 0 without peaks', () => {
  expect(loudest([], 0, 1)).toBe(0);
});
