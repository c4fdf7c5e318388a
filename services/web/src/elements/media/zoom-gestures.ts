import type { Zoom } from '../../ui/zoom';

export interface ZoomTarget {
  readonly zoom: Zoom;
  /** `point` is relative to the middle of the frame. */
  zoomBy: (factor: number, point: Point) => void;
  panBy: (x: number, y: number) => void;
  /** Zooms in at `point`, or back to the fitted picture. */
  toggleAt: (point: Point) => void;
}

interface Point {
  x: number;
  y: number;
}

const doubleTapMs = 300;
const tapPx = 24;

/** Zooms and pans a picture in its frame by wheel, mouse and touch. */
export function connectZoom(frame: HTMLElement, target: ZoomTarget): void {
  frame.addEventListener('wheel', (event) => onWheel(event, frame, target), { passive: false });
  toggleByDoubleClick(frame, target);
  trackPointers(frame, target);
}

/**
 * While the picture is fitted, the wheel scrolls the page, and zooms only upwards at the top of the page. Trackpads
 * send a pinch as a wheel event with Ctrl.
 */
function onWheel(event: WheelEvent, frame: HTMLElement, target: ZoomTarget): void {
  const isZoom = event.ctrlKey || target.zoom.scale > 1 || (event.deltaY < 0 && globalThis.scrollY === 0);
  if (!isZoom) return;
  event.preventDefault();
  const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY;
  target.zoomBy(Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.002)), pointOf(event, frame));
}

/**
 * The target of `dblclick` is the frame itself while it captures the pointer. Browsers also fire it after a double tap,
 * which `trackPointers` handles, because not all of them do.
 */
function toggleByDoubleClick(frame: HTMLElement, target: ZoomTarget): void {
  let pointerType = '';
  frame.addEventListener('pointerdown', (event) => (pointerType = event.pointerType));
  frame.addEventListener('dblclick', (event) => {
    if (pointerType === 'touch' || (event.target as Element).closest('button')) return;
    target.toggleAt(pointOf(event, frame));
  });
}

function trackPointers(frame: HTMLElement, target: ZoomTarget): void {
  const down = new Map<number, Point>();
  let lastTap = { at: 0, x: 0, y: 0 };
  frame.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || (event.target as Element).closest('button')) return;
    down.set(event.pointerId, pointOf(event, frame));
    if (target.zoom.scale > 1 || down.size > 1) frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener('pointermove', (event) => {
    const before = down.get(event.pointerId);
    if (!before) return;
    const now = pointOf(event, frame);
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    down.set(event.pointerId, now);
    if (other) target.zoomBy(distance(now, other) / Math.max(1, distance(before, other)), between(now, other));
    // With two fingers, each moves the middle by half.
    if (other || target.zoom.scale > 1) target.panBy((now.x - before.x) / down.size, (now.y - before.y) / down.size);
  });
  const end = (event: PointerEvent): void => {
    const tapped =
      down.delete(event.pointerId) && down.size === 0 && event.type === 'pointerup' && event.pointerType === 'touch';
    if (!tapped) return;
    const tap = { at: event.timeStamp, ...pointOf(event, frame) };
    const isSecond = tap.at - lastTap.at < doubleTapMs && distance(tap, lastTap) < tapPx;
    lastTap = isSecond ? { at: 0, x: 0, y: 0 } : tap;
    if (isSecond) target.toggleAt(tap);
  };
  for (const name of ['pointerup', 'pointercancel', 'lostpointercapture'] as const) frame.addEventListener(name, end);
}

function pointOf({ clientX, clientY }: MouseEvent, frame: HTMLElement): Point {
  const { left, top, width, height } = frame.getBoundingClientRect();
  return { x: clientX - left - width / 2, y: clientY - top - height / 2 };
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);
const between = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
