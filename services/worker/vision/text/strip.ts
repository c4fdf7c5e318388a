import { edit, type Picture, toPicture } from '../picture';
import type { TextArea } from './areas';

/** Height in pixels of the input of the recognition. */
export const STRIP_HEIGHT = 48;
/** About 300 letters. */
const MAX_STRIP_LENGTH = 3_200;

/** Cuts a line out and turns it upright; null where too little of it is inside the picture. */
export async function cutStrip(picture: Picture, area: TextArea): Promise<Picture | null> {
  const cut = area.angle === 0 ? await cutLevel(picture, area) : cutRotated(picture, area);
  if (!cut) return null;
  const length = Math.min(MAX_STRIP_LENGTH, Math.round((cut.width * STRIP_HEIGHT) / cut.height));
  return length < 8 ? null : toPicture(edit(cut).resize(length, STRIP_HEIGHT, { fit: 'fill' }));
}

async function cutLevel(picture: Picture, { centre, length, height }: TextArea): Promise<Picture | null> {
  const [left, right] = [centre.x - length / 2, centre.x + length / 2].map((x) => within(x, picture.width));
  const [top, bottom] = [centre.y - height / 2, centre.y + height / 2].map((y) => within(y, picture.height));
  const [width, high] = [right! - left!, bottom! - top!];
  if (width < 4 || high < 4) return null;
  return toPicture(edit(picture).extract({ left: left!, top: top!, width, height: high }));
}

const within = (value: number, limit: number) => Math.min(limit, Math.max(0, Math.round(value)));

/** The nearest pixel is good enough: the strip is resized afterwards. */
function cutRotated(picture: Picture, { centre, length, height, angle }: TextArea): Picture {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [width, high] = [Math.max(1, Math.round(length)), Math.max(1, Math.round(height))];
  const data = new Uint8Array(width * high * 3);
  for (let row = 0; row < high; row += 1)
    for (let column = 0; column < width; column += 1) {
      const [along, across] = [column - width / 2, row - high / 2];
      const x = Math.round(centre.x + along * cos - across * sin);
      const y = Math.round(centre.y + along * sin + across * cos);
      if (x < 0 || y < 0 || x >= picture.width || y >= picture.height) continue;
      const from = (y * picture.width + x) * 3;
      data.set(picture.data.subarray(from, from + 3), (row * width + column) * 3);
    }
  return { data, width, height: high };
}
