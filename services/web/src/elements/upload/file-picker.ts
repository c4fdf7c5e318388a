import { stats } from '../../state/stats';
import { h, uniqueId } from '../../ui/dom';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';
import { isWanted } from '../../upload/collect';
import { acceptedFiles } from '../../upload/formats';
import { uploads } from '../../upload/uploads';

/** Returns false on phones and tablets, where files are neither dropped nor pasted, and there is a camera. */
export const hasMouse = (): boolean => !matchMedia('(hover: none) and (pointer: coarse)').matches;

/** Builds the box with the buttons to choose files, and a folder or, without a mouse, the camera. */
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
  const isMouse = hasMouse();
  const special = h('input', {
    type: 'file',
    id: `${id}-more`,
    class: 'visually-hidden',
    ...(isMouse ? { multiple: true, webkitdirectory: true } : { accept: 'image/*,video/*', capture: 'environment' }),
  });
  stats.watch((known) => (files.accept = acceptedFiles(known?.acceptsHeic ?? true)), signal);
  for (const input of [files, special]) input.addEventListener('change', () => addChosen(input));
  return h(
    'div',
    { class: 'picker' },
    h('div', { class: 'picker-sign' }, icon('upload')),
    h('h2', { class: 'picker-title' }, isMouse ? title : texts.upload.touchTitle),
    h('p', { class: 'picker-lead' }, isMouse ? lead : texts.upload.touchLead),
    h(
      'div',
      { class: 'picker-actions' },
      files,
      h('label', { class: 'button primary', for: id }, texts.upload.choose),
      special,
      h(
        'label',
        { class: 'button', for: `${id}-more` },
        icon(isMouse ? 'folder' : 'camera'),
        isMouse ? texts.upload.chooseFolder : texts.upload.takePicture,
      ),
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
