const enoughPx = 56;
/** Things that are dragged themselves. */
const ownDrags = 'video, input, button, a, [data-zoomed]';

/** Calls `step` with -1 or 1 when one finger is drawn across `frame` to the right or to the left. */
export function onSwipe(frame: HTMLElement, step: (direction: -1 | 1) => void): void {
  let began: PointerEvent | null = null;
  frame.addEventListener('pointerdown', (event) => {
    const alone = event.isPrimary && event.pointerType === 'touch' && !(event.target as Element).closest(ownDrags);
    began = alone ? event : null;
  });
  // Vertically it is the page that moves, and the browser cancels.
  frame.addEventListener('pointercancel', () => (began = null));
  frame.addEventListener('pointerup', (event) => {
    const x = event.clientX - (began?.clientX ?? event.clientX);
    const y = event.clientY - (began?.clientY ?? event.clientY);
    began = null;
    if (Math.abs(x) > enoughPx && Math.abs(x) > 2 * Math.abs(y)) step(x > 0 ? -1 : 1);
  });
}
