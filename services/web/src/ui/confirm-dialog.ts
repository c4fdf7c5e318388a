import { h, uniqueId, type Child } from './dom';
import { texts } from './texts';

/** Opens a modal dialog around `content`; it is taken out of the page when it closes. Escape closes it. */
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
  /** What the button says that changes nothing; "Cancel" unless given. */
  dismiss?: string;
}

/** Asks before something that can not be undone. */
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
