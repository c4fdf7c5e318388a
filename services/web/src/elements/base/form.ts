import { ApiProblem, messageOf } from '../../network/problem';
import { fill, h, type Child } from '../../ui/dom';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';
import { setFieldError, violation } from './field';

export interface FormOptions {
  class?: string;
  submit: string;
  busy?: string;
  /** The field that shows a problem, by its code. */
  fieldOfCode?: Record<string, string>;
  danger?: boolean;
  /** Adds a button that leaves the form without a change. */
  cancel?: () => void;
  action: (values: Record<string, string>, form: HTMLFormElement) => Promise<void>;
}

/**
 * Builds a form that shows errors at their fields, is submitted once at a time, and shows problems of the server in
 * place. Native validation messages are off: they disappear, and assistive technology reads them inconsistently.
 */
export function form(options: FormOptions, ...children: Child[]): HTMLFormElement {
  const alert = h('p', { class: 'form-alert', role: 'alert', hidden: true });
  const button = h(
    'button',
    { type: 'submit', class: options.danger ? 'button danger' : 'button primary' },
    options.submit,
  );
  const element = h(
    'form',
    { class: `form ${options.class ?? ''}`, novalidate: true, method: 'post' },
    alert,
    ...children,
    h('div', { class: 'form-actions' }, button, cancelButton(options.cancel)),
  );
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    if (button.getAttribute('aria-disabled') !== 'true') void send(element, alert, button, options);
  });
  element.addEventListener('input', (event) => {
    const input = event.target as HTMLInputElement;
    if (input.getAttribute('aria-invalid') && input.validity.valid) setFieldError(element, input.name, null);
  });
  return element;
}

function cancelButton(onclick: (() => void) | undefined): HTMLElement | null {
  return onclick ? h('button', { type: 'button', class: 'button', onclick }, texts.cancel) : null;
}

async function send(
  element: HTMLFormElement,
  alert: HTMLElement,
  button: HTMLButtonElement,
  options: FormOptions,
): Promise<void> {
  showAlert(alert, null);
  if (!checkFields(element)) return;
  // aria-disabled keeps the focus on the button; `disabled` would move it to the body.
  button.setAttribute('aria-disabled', 'true');
  button.textContent = options.busy ?? options.submit;
  try {
    await options.action(valuesOf(element), element);
  } catch (error) {
    showProblem(element, alert, error, options.fieldOfCode ?? {});
  } finally {
    button.removeAttribute('aria-disabled');
    button.textContent = options.submit;
  }
}

function valuesOf(element: HTMLFormElement): Record<string, string> {
  return Object.fromEntries([...new FormData(element)].map(([name, value]) => [name, String(value)]));
}

function checkFields(element: HTMLFormElement): boolean {
  const inputs = [...element.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input[name], textarea[name]')];
  for (const input of inputs) setFieldError(element, input.name, violation(input));
  inputs.find((input) => input.getAttribute('aria-invalid'))?.focus();
  return inputs.every((input) => !input.getAttribute('aria-invalid'));
}

function showProblem(
  element: HTMLFormElement,
  alert: HTMLElement,
  error: unknown,
  fieldOfCode: Record<string, string>,
): void {
  const atFields = error instanceof ApiProblem ? [...error.errors, ...codeAsField(error, fieldOfCode)] : [];
  const shown = atFields.filter(({ path, message }) => setFieldError(element, path, message));
  if (shown.length === 0) return showAlert(alert, messageOf(error));
  if (shown.length < atFields.length) showAlert(alert, texts.problem.checkFields);
  (element.elements.namedItem(shown[0]?.path ?? '') as HTMLElement | null)?.focus();
}

function codeAsField(problem: ApiProblem, fieldOfCode: Record<string, string>): { path: string; message: string }[] {
  const path = fieldOfCode[problem.code];
  return path ? [{ path, message: problem.message }] : [];
}

function showAlert(alert: HTMLElement, message: string | null): void {
  alert.hidden = message === null;
  fill(alert, ...(message === null ? [] : [icon('alert'), message]));
}
