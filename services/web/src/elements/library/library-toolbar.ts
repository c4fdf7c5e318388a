import { kinds, searchLength, statuses, type LibraryFilter } from '../../state/library';
import { navigate } from '../../state/router';
import { h } from '../../ui/dom';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';

const typingMs = 250;

/** Focuses the search, which is on the page of the library. */
export function focusSearch(): void {
  if (location.pathname !== '/media') navigate('/media');
  document.querySelector<HTMLInputElement>('.toolbar [name=q]')?.focus();
}

/** Builds search, kind, status and order. Calls `changed` with the filter, and whether the search caused the change. */
export function libraryToolbar(
  initial: LibraryFilter,
  changed: (filter: LibraryFilter, typed: boolean) => void,
): HTMLElement {
  const search = h('input', {
    type: 'search',
    name: 'q',
    maxlength: searchLength,
    dir: 'auto',
    placeholder: texts.library.searchPlaceholder,
    'aria-label': texts.library.search,
    autocomplete: 'off',
  });
  search.value = initial.q;
  const status = h(
    'select',
    { name: 'status', 'aria-label': texts.library.statusFilter },
    option('', texts.library.anyStatus),
    ...statuses.map((value) => option(value, texts.status[value])),
  );
  status.value = initial.status;
  const order = h(
    'select',
    { name: 'order', 'aria-label': texts.library.order },
    ...Object.entries(texts.library.orders).map(([value, label]) => option(value, label)),
  );
  order.value = initial.order;
  const kind = h(
    'fieldset',
    { class: 'segments' },
    h('legend', { class: 'visually-hidden' }, texts.library.kindFilter),
    segment('', texts.library.all, initial),
    ...kinds.map((value) => segment(value, texts.library.kinds[value], initial)),
  );
  const toolbar = h(
    'form',
    { class: 'toolbar', role: 'search' },
    h('div', { class: 'search-box' }, icon('search'), search),
    kind,
    status,
    order,
    narrowing('label', initial.label, texts.library.label(initial.label)),
    narrowing('flagged', initial.flagged, texts.library.flagged),
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  const notify = (typed: boolean): void => {
    clearTimeout(timer);
    const values = new FormData(toolbar);
    const value = (name: keyof LibraryFilter): string => String(values.get(name) ?? '').trim();
    changed(
      {
        q: value('q'),
        kind: value('kind'),
        status: value('status'),
        label: value('label'),
        flagged: value('flagged'),
        order: value('order'),
      },
      typed,
    );
  };
  toolbar.addEventListener('submit', (event) => {
    event.preventDefault();
    notify(true);
  });
  toolbar.addEventListener('change', (event) => notify(event.target === search));
  search.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => notify(true), typingMs);
  });
  return toolbar;
}

function option(value: string, label: string): HTMLElement {
  return h('option', { value }, label);
}

/** Builds a filter that comes from a link, and can only be removed here; null when it is not set. */
function narrowing(name: keyof LibraryFilter, value: string, text: string): HTMLElement | null {
  if (!value) return null;
  const chip = h('span', { class: 'chip' }, h('input', { type: 'hidden', name, value }), h('bdi', {}, text));
  const remove = (): void => {
    const form = chip.closest('form');
    chip.remove();
    form?.dispatchEvent(new Event('change'));
  };
  const label = texts.library.removeFilter(text);
  chip.append(
    h('button', { type: 'button', class: 'chip-remove', 'aria-label': label, onclick: remove }, icon('close')),
  );
  return chip;
}

function segment(value: string, label: string, initial: LibraryFilter): HTMLElement {
  return h(
    'label',
    { class: 'segment' },
    h('input', { type: 'radio', name: 'kind', value, checked: value === initial.kind, class: 'visually-hidden' }),
    label,
  );
}
