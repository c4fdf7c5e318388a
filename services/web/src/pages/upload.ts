import { pageHead } from '../elements/base/page-parts';
import { filePicker, hasMouse } from '../elements/upload/file-picker';
import type { Page, PageContext } from '../state/router';
import { stats } from '../state/stats';
import { fragment, h, setText } from '../ui/dom';
import { formatBytes } from '../ui/format';
import { texts } from '../ui/texts';
import { formatLabels } from '../upload/formats';

/** Builds the page `/upload`. The rows below it are the upload tray, which is outside the page and survives it. */
export function uploadPage({ signal }: PageContext): Page {
  const lead = h('span');
  const { title } = texts.upload;
  stats.watch((known) => {
    const limit = known ? formatBytes(known.maxUploadBytes) : '';
    setText(lead, texts.upload.lead(formatLabels(known?.acceptsHeic ?? true), limit, hasMouse()));
  }, signal);
  const content = fragment(
    pageHead(title, lead),
    filePicker(signal),
    h('p', { class: 'upload-note' }, texts.upload.emptyRows),
  );
  return { title, content };
}
