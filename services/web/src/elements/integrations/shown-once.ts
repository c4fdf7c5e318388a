import { openDialog } from '../../ui/confirm-dialog';
import { h } from '../../ui/dom';
import { integrationTexts as t } from '../../ui/integration-texts';
import { toast } from '../../ui/toasts';

/** Shows a secret that the server does not show again, with a button that copies it. */
export function showOnce(title: string, lead: string, secret: string): void {
  const value = h('input', { type: 'text', class: 'secret', value: secret, readonly: true, 'aria-label': title });
  const dialog = openDialog(
    title,
    h('p', {}, lead),
    h('div', { class: 'field' }, value),
    h(
      'div',
      { class: 'dialog-actions' },
      h('button', { type: 'button', class: 'button', onclick: () => dialog.close() }, t.done),
      h(
        'button',
        { type: 'button', class: 'button primary', autofocus: true, onclick: () => void copy(value) },
        t.copy,
      ),
    ),
  );
}

/** Pages on plain http, but for those of the same machine, have no clipboard. */
async function copy(value: HTMLInputElement): Promise<void> {
  value.select();
  try {
    await navigator.clipboard.writeText(value.value);
    toast(t.copied);
  } catch {
    toast(t.copyYourself, 'bad');
  }
}
