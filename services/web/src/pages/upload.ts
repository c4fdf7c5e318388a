import { fragment, h } from '../dom';
import { filePicker } from '../elements/file-picker';
import { pageHead } from '../elements/page-parts';
import type { Page } from '../router';
import { texts } from '../texts';

/** The rows below come from the tray, which stands outside of the page and outlives it. */
export function uploadPage(): Page {
  const content = fragment(pageHead(texts.upload.title, texts.upload.lead), filePicker(), h('p', { class: 'upload-note' }, texts.upload.emptyRows));
  return { title: texts.upload.title, content };
}
