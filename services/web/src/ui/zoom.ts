/** The transformation of a picture in its frame: scaled around the middle of the frame, then moved (CSS pixels). */
export interface Zoom {
  scale: number;
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

export interface Limits {
  /** The visible area. */
  frame: Size;
  /** The picture at scale 1, fitted into the frame. */
  picture: Size;
  /** The largest scale. */
  largest: number;
}

export const fitted: Zoom = { scale: 1, x: 0, y: 0 };

/** Scales around `point` (from the middle of the frame), within `limits`. */
export function zoomAt(zoom: Zoom, factor: number, point: { x: number; y: number }, limits: Limits): Zoom {
  const scale = Math.min(limits.largest, Math.max(1, zoom.scale * factor));
  const growth = scale / zoom.scale;
  return clampToFrame(
    { scale, x: point.x - (point.x - zoom.x) * growth, y: point.y - (point.y - zoom.y) * growth },
    limits,
  );
}

/** Moves the picture by CSS pixels, as far as its edges allow. */
export function panBy(zoom: Zoom, x: number, y: number, limits: Limits): Zoom {
  return clampToFrame({ ...zoom, x: zoom.x + x, y: zoom.y + y }, limits);
}

/** Limits the offset so that no gap opens between the picture and the edge of its frame. */
function clampToFrame({ scale, x, y }: Zoom, { frame, picture }: Limits): Zoom {
  const across = Math.max(0, (picture.width * scale - frame.width) / 2);
  const down = Math.max(0, (picture.height * scale - frame.height) / 2);
  return { scale, x: within(x, across), y: within(y, down) };
}

function within(value: number, bound: number): number {
  // + 0 turns -0 into 0, for readable styles.
  return Math.min(bound, Math.max(-bound, value)) + 0;
}
