/** How a picture stands in its frame: scaled around the middle of the frame, then moved. */
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
  /** What can be seen. */
  frame: Size;
  /** The picture as it fits into the frame, at scale 1. */
  picture: Size;
  largest: number;
}

export const fitted: Zoom = { scale: 1, x: 0, y: 0 };

/** Scales so that what is at `point` (from the middle of the frame) stays there. */
export function zoomAt(zoom: Zoom, factor: number, point: { x: number; y: number }, limits: Limits): Zoom {
  const scale = Math.min(limits.largest, Math.max(1, zoom.scale * factor));
  const growth = scale / zoom.scale;
  return clampToFrame(
    { scale, x: point.x - (point.x - zoom.x) * growth, y: point.y - (point.y - zoom.y) * growth },
    limits,
  );
}

export function panBy(zoom: Zoom, x: number, y: number, limits: Limits): Zoom {
  return clampToFrame({ ...zoom, x: zoom.x + x, y: zoom.y + y }, limits);
}

/** No gap opens between the picture and the edge of its frame. */
function clampToFrame({ scale, x, y }: Zoom, { frame, picture }: Limits): Zoom {
  const across = Math.max(0, (picture.width * scale - frame.width) / 2);
  const down = Math.max(0, (picture.height * scale - frame.height) / 2);
  return { scale, x: within(x, across), y: within(y, down) };
}

function within(value: number, bound: number): number {
  // + 0: no minus zero, which CSS takes but people read.
  return Math.min(bound, Math.max(-bound, value)) + 0;
}
