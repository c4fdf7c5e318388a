import { fitted, panBy, zoomAt, type Limits } from './zoom';

const limits: Limits = { frame: { width: 800, height: 600 }, picture: { width: 800, height: 400 }, largest: 4 };
const middle = { x: 0, y: 0 };

test('what is under the pointer stays there', () => {
  const point = { x: 200, y: 100 };
  const { scale, x, y } = zoomAt(fitted, 2, point, limits);
  // the point of the picture that was 200 right of its middle is now 400 right of it
  expect([scale, x + 200 * scale, y + 100 * scale]).toEqual([2, point.x, point.y]);
});

test('never smaller than it fits, never beyond the largest', () => {
  expect(zoomAt(fitted, 0.5, middle, limits)).toEqual(fitted);
  expect(zoomAt(fitted, 100, middle, limits).scale).toBe(4);
});

test('back at its size it is back in its place', () => {
  const away = panBy(zoomAt(fitted, 3, { x: 300, y: 200 }, limits), -50, -50, limits);
  expect(zoomAt(away, 0.01, { x: 10, y: 10 }, limits)).toEqual(fitted);
});

test('it can be moved until its edge meets that of the frame', () => {
  const doubled = zoomAt(fitted, 2, middle, limits);
  expect(panBy(doubled, 10_000, -10_000, limits)).toEqual({ scale: 2, x: 400, y: -100 });
  expect(panBy(fitted, 50, 50, limits)).toEqual(fitted);
});
