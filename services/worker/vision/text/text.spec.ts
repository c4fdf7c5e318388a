import { inReadingOrder } from './read-text';
import { decode } from './recognise';
import { findRegions } from './regions';
import { withSpaces } from './spaces';

const found = (text: string) => [...text].map((character, at) => ({ character, step: [0, 1, 3, 5, 6][at]! }));

describe('the decoding of recognised characters', () => {
  const characters = ['', 'a', 'b', ' '];
  /** Scores of steps in which one class is certain. */
  const steps = (...classes: number[]) =>
    Float32Array.from(classes.flatMap((best) => characters.map((_, at) => (at === best ? 0.9 : 0.1 / 3))));
  const textOf = (...classes: number[]) =>
    decode(steps(...classes), characters)
      .found.map(({ character }) => character)
      .join('');

  it('joins repeated classes, and separates them at class 0', () => {
    expect(textOf(0, 1, 1, 0, 1, 2, 2, 3, 1, 0)).toBe('aab a');
    expect(decode(steps(1, 2), characters).confidence).toBeCloseTo(0.9);
    expect(decode(steps(0, 0), characters)).toEqual({ found: [], steps: 2, confidence: 0 });
  });

  it('adds the spaces that are in the picture, between Latin words only', () => {
    const [width, height] = [100, 48];
    const strip = { data: new Uint8Array(width * height * 3).fill(255), width, height };
    for (const from of [2, 14, 26, 52, 64])
      // letters of 10 pixels with 2 between them, and 16 once
      for (let y = 10; y < 40; y += 1) strip.data.fill(0, (y * width + from) * 3, (y * width + from + 10) * 3);
    expect(withSpaces(found('tobed'), strip, 10)).toBe('tob ed');
    expect(withSpaces(found('\u5929\u6c14\u4eca\u65e5\u597d'), strip, 10)).toBe('\u5929\u6c14\u4eca\u65e5\u597d');
  });
});

describe('regions of text', () => {
  it('are connected by sides, not across rows, and large and certain enough', () => {
    const [width, height] = [40, 20];
    const map = new Float32Array(width * height);
    const fill = (left: number, right: number, top: number, bottom: number, value: number) => {
      for (let y = top; y < bottom; y += 1) map.fill(value, y * width + left, y * width + right);
    };
    fill(0, 15, 2, 8, 0.9);
    fill(25, 40, 1, 7, 0.8); // ends where the next row begins with the first
    fill(2, 4, 12, 14, 0.9); // too small
    fill(10, 30, 12, 18, 0.4); // uncertain
    expect(findRegions(map, width)).toMatchObject([
      { left: 25, right: 40, top: 1, bottom: 7, angle: 0 },
      { left: 0, right: 15, top: 2, bottom: 8, angle: 0 },
    ]);
  });

  it('have the angle of their main axis', () => {
    const width = 100;
    const map = new Float32Array(width * 60);
    for (let x = 10; x < 90; x += 1) for (let y = -4; y <= 4; y += 1) map[(10 + Math.round(x / 2) + y) * width + x] = 1;
    const [{ angle } = { angle: 0 }] = findRegions(map, width);
    expect(angle).toBeCloseTo(Math.atan(0.5), 1);
  });
});

const area = (x: number, y: number, height = 20) => ({ centre: { x, y }, length: 50, height, angle: 0, score: 1 });

it('areas are read row by row, however they are listed', () => {
  const [a, b, c, d] = [area(10, 12), area(90, 10), area(10, 40), area(90, 46)];
  expect(inReadingOrder([d, c, b, a])).toEqual([a, b, c, d]);
});
