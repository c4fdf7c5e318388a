import { fitted, panBy, zoomAt, type Limits } from './zoom';

const limits: Limits = { frame: { width: 800, height: 600 }, picture: { width: 800, height: 400 }, largest: 4 };
const middle = { x: 0, y: 0 };

test('zooms around the pointer', () => {
  const point = { x: 200, y: 100 };
  const { scale, x, y } = zoomAt(fitted, 2, point, limits);
  // The point that was 200 px right of the middle of the picture is now 400 px right of it.
  expect([scale, x + 200 * scale, y + 100 * scale]).toEqual([2, point.x, point.y]);
});

test('keeps the scale between the fitted and the largest one', () => {
  expect(zoomAt(fitted, 0.5, middle, limits)).toEqual(fitted);
  expect(zoomAt(fitted, 100, middle, limits).scale).toBe(4);
});

test('centres the picture again at scale 1', () => {
  const panned = panBy(zoomAt(fitted, 3, { x: 300, y: 200 }, limits), -50, -50, limits);
  expect(zoomAt(panned, 0.01, { x: 10, y: 10 }, limits)).toEqual(fitted);
});

test('pans until the edge of the picture meets that of the frame', () => {
  const doubled = zoomAt(fitted, 2, middle, limits);
  expect(panBy(doubled, 10_000, -10_000, limits)).toEqual({ scale: 2, x: 400, y: -100 });
  expect(panBy(fitted, 50, 50, limits)).toEqual(fitted);
});
