import { session } from '../../state/session';
import { openDialog } from '../../ui/confirm-dialog';
import { h } from '../../ui/dom';
import { texts } from '../../ui/texts';
import { focusSearch } from '../library/library-toolbar';

/** Handles `?` (the list of keys) and `/` (the search), except in text fields. */
export function onHelpKey(event: KeyboardEvent): void {
  if (!session.value || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (document.querySelector('dialog[open]')) return;
  if ((event.target as Element).closest('input:not([type=checkbox], [type=range]), textarea, select')) return;
  if (event.key === '?') openKeyHelp();
  else if (event.key === '/') focusSearch();
  else return;
  event.preventDefault();
}

function openKeyHelp(): void {
  const rows = texts.keys.list.map(([keys, action]) =>
    h('div', {}, h('dt', {}, ...keys.map((key) => h('kbd', {}, key))), h('dd', {}, action)),
  );
  const dialog = openDialog(
    texts.keys.title,
    h('dl', { class: 'keys' }, ...rows),
    h(
      'div',
      { class: 'dialog-actions' },
      h('button', { type: 'button', class: 'button', autofocus: true, onclick: () => dialog.close() }, texts.close),
    ),
  );
}
