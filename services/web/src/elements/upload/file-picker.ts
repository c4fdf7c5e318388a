import { stats } from '../../state/stats';
import { h, uniqueId } from '../../ui/dom';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';
import { isWanted } from '../../upload/collect';
import { acceptedFiles } from '../../upload/formats';
import { uploads } from '../../upload/uploads';

/** Builds the box with the buttons to choose files or a folder. */
export function filePicker(
  signal: AbortSignal,
  title: string = texts.upload.dropTitle,
  lead: string = texts.upload.dropLead,
): HTMLElement {
  const id = uniqueId('file');
  const files = h('input', {
    type: 'file',
    name: 'file',
    id,
    multiple: true,
    class: 'visually-hidden',
  });
  const folder = h('input', {
    type: 'file',
    id: `${id}-folder`,
    multiple: true,
    webkitdirectory: true,
    class: 'visually-hidden',
  });
  stats.watch((known) => (files.accept = acceptedFiles(known?.acceptsHeic ?? true)), signal);
  for (const input of [files, folder]) input.addEventListener('change', () => addChosen(input));
  return h(
    'div',
    { class: 'picker' },
    h('div', { class: 'picker-sign' }, icon('upload')),
    h('h2', { class: 'picker-title' }, title),
    h('p', { class: 'picker-lead' }, lead),
    h(
      'div',
      { class: 'picker-actions' },
      files,
      h('label', { class: 'button primary', for: id }, texts.upload.choose),
      folder,
      h('label', { class: 'button', for: `${id}-folder` }, icon('folder'), texts.upload.chooseFolder),
    ),
  );
}

/** Opens the browser's dialog for choosing files. */
export function chooseFiles(): void {
  const input = h('input', { type: 'file', multiple: true });
  input.addEventListener('change', () => addChosen(input));
  input.click();
}

function addChosen(input: HTMLInputElement): void {
  const chosen = [...(input.files ?? [])].filter(isWanted);
  // Cleared, so that choosing the same file again fires `change`.
  input.value = '';
  if (chosen.length > 0) uploads.add(chosen);
}
