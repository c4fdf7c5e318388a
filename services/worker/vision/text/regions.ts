/** Connected pixels that belong to text: a line, or a part of one. */
export interface Region {
  left: number;
  top: number;
  /** Exclusive. */
  right: number;
  bottom: number;
  /** Indices of its pixels in the map. */
  pixels: number[];
  /** Mean probability. */
  score: number;
  /** Centre of gravity. */
  centre: { x: number; y: number };
  /** Angle of the main axis in radians, clockwise from the x axis, -π/2..π/2. */
  angle: number;
}

/** Thresholds of PP-OCR: of a pixel (det_db_thresh) and of the mean of a region (det_db_box_thresh). */
const MIN_PIXEL = 0.3;
const MIN_SCORE = 0.55;
const MIN_PIXELS = 20;
const MIN_HEIGHT = 3;

/** Finds the regions of a map of probabilities, row by row, `width` to a row. */
export function findRegions(map: Float32Array, width: number): Region[] {
  const seen = new Uint8Array(map.length);
  const regions: Region[] = [];
  for (let start = 0; start < map.length; start += 1) {
    if (seen[start] || map[start]! <= MIN_PIXEL) continue;
    const region = describe(flood(map, width, start, seen), map, width);
    const smallest = Math.min(region.right - region.left, region.bottom - region.top);
    if (region.pixels.length > MIN_PIXELS && region.score > MIN_SCORE && smallest > MIN_HEIGHT) regions.push(region);
  }
  return regions;
}

/** All pixels that are connected with `start` by their sides. */
function flood(map: Float32Array, width: number, start: number, seen: Uint8Array): number[] {
  const pixels = [start];
  seen[start] = 1;
  for (let next = 0; next < pixels.length; next += 1) {
    const at = pixels[next]!;
    const x = at % width;
    const neighbours = [x > 0 ? at - 1 : -1, x < width - 1 ? at + 1 : -1, at - width, at + width];
    for (const neighbour of neighbours) {
      if (neighbour < 0 || neighbour >= map.length || seen[neighbour] || map[neighbour]! <= MIN_PIXEL) continue;
      seen[neighbour] = 1;
      pixels.push(neighbour);
    }
  }
  return pixels;
}

/** Measures a region; its angle follows from the second moments. */
function describe(pixels: number[], map: Float32Array, width: number): Region {
  let [left, right, top, bottom] = [Infinity, 0, Infinity, 0];
  let [sum, sumX, sumY, sumXX, sumYY, sumXY] = [0, 0, 0, 0, 0, 0];
  for (const at of pixels) {
    const [x, y] = [at % width, Math.floor(at / width)];
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
    sum += map[at]!;
    sumX += x;
    sumY += y;
    sumXX += x * x;
    sumYY += y * y;
    sumXY += x * y;
  }
  const count = pixels.length;
  const centre = { x: sumX / count, y: sumY / count };
  const spread = { xx: sumXX / count - centre.x ** 2, yy: sumYY / count - centre.y ** 2 };
  const angle = Math.atan2(2 * (sumXY / count - centre.x * centre.y), spread.xx - spread.yy) / 2;
  return { left, right, top, bottom, pixels, score: sum / count, centre, angle };
}
