const enoughPx = 56;
/** Elements with a drag gesture of their own. */
const ownDrags = 'video, input, button, a, [data-zoomed]';

/** Calls `step` with -1 or 1 when the user swipes `frame` with one finger to the right or to the left. */
export function onSwipe(frame: HTMLElement, step: (direction: -1 | 1) => void): void {
  let began: PointerEvent | null = null;
  frame.addEventListener('pointerdown', (event) => {
    const isSwipe = event.isPrimary && event.pointerType === 'touch' && !(event.target as Element).closest(ownDrags);
    began = isSwipe ? event : null;
  });
  // The browser cancels the pointer when it scrolls the page vertically.
  frame.addEventListener('pointercancel', () => (began = null));
  frame.addEventListener('pointerup', (event) => {
    const x = event.clientX - (began?.clientX ?? event.clientX);
    const y = event.clientY - (began?.clientY ?? event.clientY);
    began = null;
    if (Math.abs(x) > enoughPx && Math.abs(x) > 2 * Math.abs(y)) step(x > 0 ? -1 : 1);
  });
}
