import { loudest } from './wave-drawing';

test('a bar is as tall as the loudest peak under it', () => {
  expect(loudest([0.1, 0.9, 0.2, 0.3], 0, 0.5)).toBe(0.9);
  expect(loudest([0.1, 0.9, 0.2, 0.3], 0.5, 1)).toBe(0.3);
});

test('more bars than peaks repeat the peak', () => {
  expect(loudest([0.5], 0.75, 1)).toBe(0.5);
});

test('no peaks are silence', () => {
  expect(loudest([], 0, 1)).toBe(0);
});
