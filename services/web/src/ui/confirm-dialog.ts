import { h, uniqueId, type Child } from './dom';
import { texts } from './texts';

/** Opens a modal dialog with `content`, which is removed from the page when it closes. Escape closes it. */
export function openDialog(title: string, ...content: Child[]): HTMLDialogElement {
  const id = uniqueId('dialog');
  const dialog = h('dialog', { class: 'dialog', 'aria-labelledby': id }, h('h2', { id }, title), ...content);
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

export interface Confirmation {
  title: string;
  lead: string;
  confirm: string;
  /** Label of the button that changes nothing; "Cancel" by default. */
  dismiss?: string;
}

/** Asks the user to confirm an action that cannot be undone; resolves to false when the dialog is dismissed. */
export function confirmDialog({ title, lead, confirm, dismiss = texts.cancel }: Confirmation): Promise<boolean> {
  return new Promise((resolve) => {
    const dialog = openDialog(
      title,
      h('p', {}, lead),
      h(
        'div',
        { class: 'dialog-actions' },
        h('button', { type: 'button', class: 'button', autofocus: true, onclick: () => dialog.close() }, dismiss),
        h('button', { type: 'button', class: 'button danger', onclick: () => dialog.close('confirmed') }, confirm),
      ),
    );
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'confirmed'));
  });
}
