import { navigate } from '../../state/router';
import { fill, h } from '../../ui/dom';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';
import { filesOf } from '../../upload/collect';
import { uploads } from '../../upload/uploads';
import { SignalElement } from '../base/signal-element';

/** Takes files dropped or pasted anywhere, and shows that it will while they hover. */
export class DropOverlay extends SignalElement {
  #depth = 0;

  protected connected(signal: AbortSignal): void {
    this.hidden = true;
    this.setAttribute('aria-hidden', 'true');
    fill(
      this,
      h(
        'div',
        { class: 'veil-box' },
        icon('upload'),
        h('p', { class: 'veil-title' }, texts.upload.dropAnywhere),
        h('p', {}, texts.upload.dropAnywhereLead),
      ),
    );
    document.addEventListener('dragenter', (event) => this.#hover(event, 1), { signal });
    document.addEventListener('dragleave', (event) => this.#hover(event, -1), { signal });
    // Without this the browser opens the file and leaves the page.
    document.addEventListener('dragover', (event) => hasFiles(event.dataTransfer) && event.preventDefault(), {
      signal,
    });
    document.addEventListener('drop', (event) => this.#drop(event), { signal });
    document.addEventListener('paste', (event) => paste(event), { signal });
  }

  /** Enter and leave come for every element on the way; only their balance tells whether the pointer is still here. */
  #hover(event: DragEvent, step: number): void {
    if (!hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    this.#depth = Math.max(0, this.#depth + step);
    this.hidden = this.#depth === 0;
  }

  #drop(event: DragEvent): void {
    this.#depth = 0;
    this.hidden = true;
    if (!event.dataTransfer || !hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    void take(event.dataTransfer);
  }
}

async function take(transfer: DataTransfer): Promise<void> {
  const files = await filesOf(transfer);
  if (files.length > 0) uploads.add(files);
}

function paste(event: ClipboardEvent): void {
  if (!event.clipboardData || event.clipboardData.files.length === 0) return;
  event.preventDefault();
  void take(event.clipboardData);
  if (location.pathname !== '/upload') navigate('/upload');
}

function hasFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes('Files') ?? false;
}

declare global {
  interface HTMLElementTagNameMap {
    'drop-veil': DropOverlay;
  }
}
