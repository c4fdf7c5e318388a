import { h, uniqueId } from '../../ui/dom';
import { integrationTexts as t } from '../../ui/integration-texts';
import { setFieldError } from '../base/field';

export interface Choice {
  name: string;
  label: string;
  lead?: string;
  checked?: boolean;
}

/** Builds a group of checkboxes of which one at least must be checked; the first shows the error (see `form`). */
export function choices(legend: string, options: readonly Choice[]): HTMLElement {
  const id = uniqueId('choices');
  const boxes = options.map(({ name, checked }, at) =>
    h('input', { type: 'checkbox', name, checked, ...(at === 0 && { id, 'aria-describedby': `${id}-error` }) }),
  );
  const [first] = boxes;
  const check = (): void => {
    const isChosen = boxes.some((box) => box.checked);
    first?.setCustomValidity(isChosen ? '' : t.chooseOne);
    if (isChosen && first?.form) setFieldError(first.form, first.name, null);
  };
  const group = h(
    'fieldset',
    { class: 'choices' },
    h('legend', {}, legend),
    ...options.map(({ label, lead }, at) =>
      h('label', { class: 'choice' }, boxes[at], h('span', {}, label, lead ? h('small', {}, lead) : null)),
    ),
    h('p', { class: 'field-error', id: `${id}-error`, hidden: true }),
  );
  group.addEventListener('change', check);
  check();
  return group;
}

/** Returns the names of `all` whose checkboxes were checked when the form was sent. */
export function chosen<T extends string>(values: Record<string, string>, all: readonly T[]): T[] {
  return all.filter((name) => values[name] !== undefined);
}
