import { fill, h, uniqueId } from '../../ui/dom';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';
import type { OwnWords } from '../account/password-meter';

export interface FieldOptions {
  label: string;
  name: string;
  type?: 'text' | 'email' | 'password' | 'textarea';
  value?: string;
  hint?: string;
  autocomplete?: string;
  required?: boolean;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  /** The message when `pattern` does not match. */
  patternMessage?: string;
  /** For new passwords: adds a strength meter, which rejects these words. */
  own?: OwnWords;
}

/** Builds a label, an input, its hint and its error, which are tied to the input for assistive technology. */
export function field(options: FieldOptions): HTMLElement {
  const id = uniqueId(options.name);
  const hint = options.hint ? h('p', { class: 'field-hint', id: `${id}-hint` }, options.hint) : null;
  const input = control(options, id);
  return h(
    'div',
    { class: 'field', 'data-field': options.name },
    h('label', { for: id }, options.label),
    options.type === 'password' ? withReveal(input as HTMLInputElement) : input,
    options.own ? meter(options.own) : null,
    h('p', { class: 'field-error', id: `${id}-error`, hidden: true }),
    hint,
  );
}

/** Shows `message` at the field, or hides it when null. Returns false when the form has no such field. */
export function setFieldError(form: HTMLFormElement, name: string, message: string | null): boolean {
  const input = form.elements.namedItem(name);
  if (!(input instanceof HTMLInputElement || input instanceof HTMLTextAreaElement)) return false;
  const error = document.getElementById(`${input.id}-error`);
  if (!error) return false;
  error.hidden = message === null;
  fill(error, ...(message === null ? [] : [icon('alert'), message]));
  if (message === null) input.removeAttribute('aria-invalid');
  else input.setAttribute('aria-invalid', 'true');
  return true;
}

/** Returns the message of the first rule that the value violates; null when it is valid. */
export function violation(input: HTMLInputElement | HTMLTextAreaElement): string | null {
  const { validity, labels, dataset } = input;
  if (validity.valid) return null;
  if (validity.valueMissing) return texts.field.required(labels?.[0]?.textContent ?? input.name);
  if (validity.typeMismatch) return texts.field.email;
  if (validity.tooShort) return texts.field.tooShort(input.minLength);
  return dataset['patternMessage'] ?? input.validationMessage;
}

function control(options: FieldOptions, id: string): HTMLInputElement | HTMLTextAreaElement {
  const shared = {
    id,
    name: options.name,
    required: options.required,
    minlength: options.minLength,
    maxlength: options.maxLength,
    autocomplete: options.autocomplete,
    dir: 'auto',
    'aria-describedby': options.hint ? `${id}-error ${id}-hint` : `${id}-error`,
    'data-pattern-message': options.patternMessage,
  };
  if (options.type === 'textarea') {
    const area = h('textarea', { ...shared, rows: 3 });
    area.value = options.value ?? '';
    return area;
  }
  const plain = options.type === 'password' || options.type === 'email' || options.name === 'username';
  const extra = plain ? { autocapitalize: 'none', spellcheck: 'false' } : {};
  const input = h('input', { ...shared, ...extra, type: options.type ?? 'text', pattern: options.pattern });
  input.value = options.value ?? '';
  return input;
}

function meter(own: OwnWords): HTMLElement {
  const element = h('password-meter');
  element.own = own;
  return element;
}

function withReveal(input: HTMLInputElement): HTMLElement {
  const label = h('span', { class: 'visually-hidden' }, texts.auth.showPassword);
  const button = h('button', { type: 'button', class: 'field-reveal', 'aria-pressed': 'false' }, icon('eye'), label);
  button.addEventListener('click', () => {
    const shown = input.type === 'text';
    input.type = shown ? 'password' : 'text';
    button.setAttribute('aria-pressed', String(!shown));
    label.textContent = shown ? texts.auth.showPassword : texts.auth.hidePassword;
  });
  return h('div', { class: 'field-control' }, input, button);
}
