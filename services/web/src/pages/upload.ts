import { fragment, h, setText } from '../dom';
import { filePicker } from '../elements/file-picker';
import { pageHead } from '../elements/page-parts';
import { formatBytes } from '../format';
import type { Page, PageContext } from '../router';
import { stats } from '../stats';
import { texts } from '../texts';
import { formatNames } from '../upload/formats';

/** The rows below come from the tray, which stands outside of the page and outlives it. */
export function uploadPage({ signal }: PageContext): Page {
  const lead = h('span');
  const { title } = texts.upload;
  stats.watch((known) => setText(lead, texts.upload.lead(formatNames, known ? formatBytes(known.maxUploadBytes) : '')), signal);
  const content = fragment(pageHead(title, lead), filePicker(), h('p', { class: 'upload-note' }, texts.upload.emptyRows));
  return { title, content };
}
