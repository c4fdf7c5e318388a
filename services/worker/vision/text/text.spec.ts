import { inReadingOrder } from './read-text';
import { decode } from './recognise';
import { findRegions } from './regions';

describe('the decoding of recognised characters', () => {
  const characters = ['', 'a', 'b', ' '];
  /** Scores of steps in which one class is certain. */
  const steps = (...classes: number[]) =>
    Float32Array.from(classes.flatMap((best) => characters.map((_, at) => (at === best ? 0.9 : 0.1 / 3))));

  it('joins repeated classes, and separates them at class 0', () => {
    expect(decode(steps(0, 1, 1, 0, 1, 2, 2, 3, 1, 0), characters).text).toBe('aab a');
    expect(decode(steps(1, 2), characters).confidence).toBeCloseTo(0.9);
    expect(decode(steps(0, 0), characters)).toEqual({ text: '', confidence: 0 });
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
