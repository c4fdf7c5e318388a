import { h } from '../../ui/dom';
import { icon } from '../../ui/icons';

const typingMs = 250;

/** Builds a form of filters, which calls `changed` with all values while the user types or chooses. */
export function filterForm(
  fields: readonly HTMLElement[],
  changed: (values: Record<string, string>) => void,
): HTMLFormElement {
  const form = h('form', { class: 'toolbar', role: 'search' }, ...fields);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const notify = (): void => {
    clearTimeout(timer);
    changed(Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()])));
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    notify();
  });
  form.addEventListener('change', notify);
  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(notify, typingMs);
  });
  return form;
}

/** Builds the search of a filter form, named `q`. */
export function searchBox(label: string, value: string): HTMLElement {
  const input = h('input', {
    type: 'search',
    name: 'q',
    maxlength: 200,
    dir: 'auto',
    placeholder: label,
    'aria-label': label,
    autocomplete: 'off',
  });
  input.value = value;
  return h('div', { class: 'search-box' }, icon('search'), input);
}

/** Builds a choice of a filter form; the first option, with an empty value, is labelled `any`. */
export function choice(
  name: string,
  { label, any, value }: { label: string; any: string; value: string },
  options: Record<string, string>,
): HTMLSelectElement {
  const select = h(
    'select',
    { name, 'aria-label': label },
    h('option', { value: '' }, any),
    ...Object.entries(options).map(([each, text]) => h('option', { value: each }, text)),
  );
  select.value = value;
  return select;
}
