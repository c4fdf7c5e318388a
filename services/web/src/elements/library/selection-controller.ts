import type { Selection } from '../../state/selection';
import type { MediaCard } from './media-card';
import type { VirtualGrid } from './virtual-grid';

export interface SelectableList {
  /** The ids in the order shown. */
  order: () => readonly string[];
  selectAll: () => void;
  remove: (ids: ReadonlySet<string>) => void;
}

const longPressMs = 450;
/** Movement that still counts as a press, since fingers tremble. */
const stillPx = 10;
const arrows = new Set(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End']);

/** Lets mouse, keyboard and touch select cards of a grid, until `signal` aborts. */
export function connectSelection(
  grid: VirtualGrid,
  selection: Selection,
  list: SelectableList,
  signal: AbortSignal,
): void {
  const choose = (id: string, range: boolean): void =>
    range ? selection.extendTo(id, list.order()) : selection.toggle(id);
  grid.addEventListener('card-select', (event) => choose(idOf(event), event.detail));
  grid.addEventListener('card-delete', (event) => list.remove(new Set([idOf(event)])));
  grid.addEventListener('click', (event) => {
    const selects = selection.size > 0 || event.shiftKey;
    if (!selects || event.ctrlKey || event.metaKey || !(event.target as Element).closest('.card-link')) return;
    event.preventDefault();
    choose(idOf(event), event.shiftKey);
  });
  selectByTouch(grid, selection);
  document.addEventListener('keydown', (event) => !event.defaultPrevented && onKey(event, grid, selection, list), {
    signal,
  });
}

/** Begins a selection by a long press; further cards are selected by a tap. */
function selectByTouch(grid: VirtualGrid, selection: Selection): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pressed: PointerEvent | undefined;
  let consumed = false;
  const end = (): void => clearTimeout(timer);
  grid.addEventListener('pointerdown', (event) => {
    consumed = false;
    if (event.pointerType !== 'touch' || !idOf(event)) return;
    pressed = event;
    timer = setTimeout(() => {
      consumed = true;
      selection.toggle(idOf(event));
      navigator.vibrate?.(10);
    }, longPressMs);
  });
  grid.addEventListener(
    'pointermove',
    (event) =>
      pressed && Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY) > stillPx && end(),
  );
  for (const name of ['pointerup', 'pointercancel'] as const) grid.addEventListener(name, end);
  // A long press must not end in a click or the context menu of the link.
  grid.addEventListener(
    'contextmenu',
    (event) => (event as PointerEvent).pointerType === 'touch' && event.preventDefault(),
  );
  grid.addEventListener(
    'click',
    (event) => {
      if (!consumed) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    { capture: true },
  );
}

function onKey(event: KeyboardEvent, grid: VirtualGrid, selection: Selection, list: SelectableList): void {
  const target = event.target as Element;
  if (
    event.altKey ||
    target.closest('input:not([type=checkbox]), textarea, select, dialog') ||
    document.querySelector('dialog[open]')
  )
    return;
  if (handle(event, target, grid, selection, list)) event.preventDefault();
}

/** Returns true when the key was handled. */
function handle(
  event: KeyboardEvent,
  target: Element,
  grid: VirtualGrid,
  selection: Selection,
  list: SelectableList,
): boolean {
  const { key, shiftKey } = event;
  if (event.ctrlKey || event.metaKey) {
    if (key === 'a') list.selectAll();
    return key === 'a';
  }
  if (key === 'Escape' && selection.size > 0) {
    selection.clear();
    return true;
  }
  const id = target.closest<MediaCard>('media-card')?.media?.id;
  if (key === 'Delete' && (id || selection.size > 0)) {
    list.remove(selection.size > 0 ? selection.ids.value : new Set([id ?? '']));
    return true;
  }
  if (!id) return false;
  if (key === 'x' || (key === ' ' && target.matches('.card-link'))) {
    selection.toggle(id);
    return true;
  }
  if (!arrows.has(key)) return false;
  move(id, key, shiftKey, grid, selection, list.order());
  return true;
}

/** Moves the focus to a neighbouring card; with Shift, extends the selection to it. */
function move(
  id: string,
  key: string,
  shift: boolean,
  grid: VirtualGrid,
  selection: Selection,
  order: readonly string[],
): void {
  const next = order[grid.beside(order.indexOf(id), key)];
  if (!next) return;
  if (shift) {
    selection.beginAt(id);
    selection.extendTo(next, order);
  } else selection.endRange();
  grid.reveal(next);
  grid.focusItem(next);
}

function idOf(event: Event): string {
  return (event.target as Element).closest<MediaCard>('media-card')?.media?.id ?? '';
}
