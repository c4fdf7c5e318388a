import { edit, type Picture, toPicture } from '../picture';
import type { TextArea } from './areas';

/** Height in pixels of the input of the recognition. */
export const STRIP_HEIGHT = 48;
type Rectangle = Pick<TextArea, 'centre' | 'length' | 'height'>;

const MIN_SIDE = 4;
/** About 300 letters. */
const MAX_STRIP_LENGTH = 3_200;

/** Cuts a line out and turns it upright; null where too little of it is inside the picture. */
export async function cutStrip(picture: Picture, area: TextArea): Promise<Picture | null> {
  const cut = area.angle === 0 ? await cutLevel(picture, area) : await cutRotated(picture, area);
  if (!cut) return null;
  const length = Math.min(MAX_STRIP_LENGTH, Math.round((cut.width * STRIP_HEIGHT) / cut.height));
  return length < 8 ? null : toPicture(edit(cut).resize(length, STRIP_HEIGHT, { fit: 'fill' }));
}

/** A level area; null where it is outside. */
async function cutLevel(picture: Picture, { centre, length, height }: Rectangle): Promise<Picture | null> {
  const [left, right] = [centre.x - length / 2, centre.x + length / 2].map((x) => within(x, picture.width));
  const [top, bottom] = [centre.y - height / 2, centre.y + height / 2].map((y) => within(y, picture.height));
  const [width, high] = [right! - left!, bottom! - top!];
  if (width < MIN_SIDE || high < MIN_SIDE) return null;
  return toPicture(edit(picture).extract({ left: left!, top: top!, width, height: high }));
}

const within = (value: number, limit: number) => Math.min(limit, Math.max(0, Math.round(value)));

/** Cuts a square around the area, turns it about its centre, and cuts the area out of that. */
async function cutRotated(picture: Picture, area: TextArea): Promise<Picture | null> {
  const side = Math.ceil(Math.hypot(area.length, area.height));
  const padded = edit(squareAround(picture, area.centre, side));
  const turned = await toPicture(padded.rotate((-area.angle * 180) / Math.PI));
  return cutLevel(turned, { ...area, centre: { x: turned.width / 2, y: turned.height / 2 } });
}

/** What is outside the picture is black. */
function squareAround({ data, width, height }: Picture, centre: Rectangle['centre'], side: number): Picture {
  const square = { data: new Uint8Array(side * side * 3), width: side, height: side };
  const [left, top] = [Math.round(centre.x - side / 2), Math.round(centre.y - side / 2)];
  const [from, to] = [Math.max(0, left), Math.min(width, left + side)];
  for (let row = Math.max(0, top); row < Math.min(height, top + side); row += 1) {
    const start = (row * width + from) * 3;
    square.data.set(data.subarray(start, start + (to - from) * 3), ((row - top) * side + from - left) * 3);
  }
  return square;
}
