import { navigate } from '../../state/router';
import { session } from '../../state/session';
import { fill, h } from '../../ui/dom';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';
import { filesOf } from '../../upload/collect';
import { uploads } from '../../upload/uploads';
import { SignalElement } from '../base/signal-element';

/** Browsers fire `dragover` every 50 to 350 ms while files are over the page (HTML, drag-and-drop processing model). */
const dragEndsMs = 1_000;

/** Uploads files that are dropped or pasted anywhere, and covers the page while files are dragged over it. */
export class DropOverlay extends SignalElement {
  #depth = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  protected connected(signal: AbortSignal): void {
    this.hidden = true;
    this.setAttribute('aria-hidden', 'true');
    fill(
      this,
      h(
        'div',
        { class: 'drop-box' },
        icon('upload'),
        h('p', { class: 'drop-title' }, texts.upload.dropAnywhere),
        h('p', {}, texts.upload.dropAnywhereLead),
      ),
    );
    document.addEventListener('dragenter', (event) => this.#hover(event, 1), { signal });
    document.addEventListener('dragleave', (event) => this.#hover(event, -1), { signal });
    document.addEventListener('dragover', (event) => hasFiles(event.dataTransfer) && this.#keepOpen(), { signal });
    document.addEventListener('drop', (event) => this.#drop(event), { signal });
    document.addEventListener('paste', (event) => paste(event), { signal });
  }

  /** Counts enter and leave events, which fire for every element: the pointer is over the page while enters prevail. */
  #hover(event: DragEvent, step: number): void {
    if (!hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    this.#depth = Math.max(0, this.#depth + step);
    this.hidden = this.#depth === 0;
    this.#keepOpen();
  }

  /** Closes the overlay when no event follows: an element that is removed under the pointer gets no `dragleave`. */
  #keepOpen(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#close(), dragEndsMs);
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#depth = 0;
    this.hidden = true;
  }

  #drop(event: DragEvent): void {
    this.#close();
    if (!event.dataTransfer || !hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    void addFiles(event.dataTransfer);
  }
}

/** Prevents that the browser opens a dropped file instead of the page; without a session it is refused. */
export function keepPageOnDrop(event: DragEvent): void {
  if (!event.dataTransfer || !hasFiles(event.dataTransfer)) return;
  event.preventDefault();
  if (!session.value) event.dataTransfer.dropEffect = 'none';
}

async function addFiles(transfer: DataTransfer): Promise<void> {
  const files = await filesOf(transfer);
  if (files.length > 0) uploads.add(files);
}

function paste(event: ClipboardEvent): void {
  if (!event.clipboardData || event.clipboardData.files.length === 0) return;
  event.preventDefault();
  void addFiles(event.clipboardData);
  if (location.pathname !== '/upload') navigate('/upload');
}

function hasFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes('Files') ?? false;
}

declare global {
  interface HTMLElementTagNameMap {
    'drop-overlay': DropOverlay;
  }
}
