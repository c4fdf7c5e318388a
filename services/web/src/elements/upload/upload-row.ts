import { messageOf } from '../../network/problem';
import { fill, h, setText } from '../../ui/dom';
import { formatBytes, formatWait } from '../../ui/format';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';
import { toast } from '../../ui/toasts';
import { isRetryable, isSettled, statusOf, type Upload } from '../../upload/queue/upload';
import { uploads } from '../../upload/uploads';
import { progressBar } from '../base/progress-bar';
import { thumbnail } from '../base/thumbnail';
import { chooseFiles } from './file-picker';

/** Larger pictures are not decoded for the preview of 44 px. */
const localPictureLimitBytes = 15_000_000;

/** One upload: its bytes, then its processing, then the result. Set `upload`. */
export class UploadRow extends HTMLElement {
  #bar = progressBar('');
  #picture = h('div', { class: 'row-picture' });
  #name = h('p', { class: 'row-name' });
  #detail = h('p', { class: 'row-detail' });
  #actions = h('div', { class: 'row-actions' });
  #article = h(
    'article',
    { class: 'upload-row' },
    this.#picture,
    h('div', { class: 'row-text' }, this.#name, this.#bar.element, this.#detail),
    this.#actions,
  );
  #pictureKey = '';
  #actionsKey = '';
  #objectUrl: string | undefined;
  #upload: Upload | undefined;

  connectedCallback(): void {
    if (!this.firstChild) fill(this, this.#article);
  }

  disconnectedCallback(): void {
    // A row that is moved within the list is connected again by then.
    queueMicrotask(() => this.isConnected || this.#revoke());
  }

  get upload(): Upload | undefined {
    return this.#upload;
  }

  set upload(upload: Upload) {
    if (this.#upload === upload) return;
    this.#upload = upload;
    const status = statusOf(upload);
    this.#article.dataset['status'] = status;
    if (upload.state === 'sent' && upload.media) this.#article.dataset['mediaId'] = upload.media.id;
    this.#showName(upload);
    setText(this.#detail, describe(upload));
    this.#bar.element.setAttribute('aria-label', texts.upload.progressOf(upload.name));
    this.#bar.element.hidden =
      isSettled(upload) ||
      status === 'uploaded' ||
      (status !== 'uploading' && status !== 'processing' && upload.loadedBytes === 0);
    this.#bar.set(percentOf(upload));
    this.#showPicture(upload, status);
    this.#showActions(upload, status);
  }

  #showName(upload: Upload): void {
    const text = (upload.state === 'sent' && upload.media?.title) || upload.name;
    if (!upload.media) return setText(this.#name, text);
    if (this.#name.textContent !== text || !this.#name.firstElementChild)
      fill(this.#name, h('a', { href: `/media/${upload.media.id}` }, text));
  }

  #showPicture(upload: Upload, status: string): void {
    const key = upload.media?.thumbnailUrl ?? (['refused', 'error'].includes(status) ? 'alert' : 'local');
    if (key === this.#pictureKey) return;
    this.#pictureKey = key;
    if (upload.media?.thumbnailUrl) {
      this.#revoke();
      return fill(this.#picture, thumbnail(upload.media));
    }
    if (key === 'alert') return fill(this.#picture, icon('alert'));
    fill(this.#picture, this.#localPicture(upload));
  }

  #localPicture(upload: Upload): Node {
    const file = uploads.fileOf(upload.id);
    if (file?.type.startsWith('video/')) return icon('video');
    if (file?.type.startsWith('audio/')) return icon('audio');
    if (!file || !file.type.startsWith('image/') || file.size > localPictureLimitBytes) return icon('image');
    this.#objectUrl = URL.createObjectURL(file);
    const picture = h('img', { src: this.#objectUrl, alt: '', loading: 'lazy', decoding: 'async' });
    picture.addEventListener('error', () => fill(this.#picture, icon('image')));
    return picture;
  }

  #showActions(upload: Upload, status: string): void {
    const key = `${status}${isRetryable(upload)}${uploads.canPause(upload)}`;
    if (key === this.#actionsKey) return;
    this.#actionsKey = key;
    const focused = this.#actions.contains(document.activeElement);
    fill(this.#actions, ...actionsFor(upload, status));
    if (focused) this.#actions.querySelector<HTMLElement>('a, button')?.focus();
  }

  #revoke(): void {
    if (this.#objectUrl) URL.revokeObjectURL(this.#objectUrl);
    this.#objectUrl = undefined;
  }
}

function actionsFor(upload: Upload, status: string): HTMLElement[] {
  const { id, name } = upload;
  const cancel = iconButton('close', texts.upload.cancel, name, () => uploads.cancel([id]));
  if (uploads.canPause(upload))
    return [iconButton('pause', texts.upload.pause, name, () => uploads.pause([id])), cancel];
  if (status === 'waiting' || status === 'uploading') return [cancel];
  if (status === 'paused')
    return [iconButton('play', texts.upload.resume, name, () => void uploads.retry([id])), cancel];
  const retry = h(
    'button',
    {
      type: 'button',
      class: 'button small',
      onclick: () => void uploads.retry([id]).catch((error: unknown) => toast(messageOf(error), 'bad')),
    },
    icon('retry'),
    texts.upload.retry,
  );
  const open = h('a', { class: 'button small', href: `/media/${upload.media?.id}` }, texts.upload.open);
  const remove = iconButton('close', texts.upload.remove, name, () => uploads.remove([id]));
  if (status === 'duplicate')
    return [
      h(
        'button',
        { type: 'button', class: 'button small', onclick: () => void uploads.retry([id]) },
        texts.upload.uploadAnyway,
      ),
      remove,
    ];
  if (status === 'completed') return [open, remove];
  if (status === 'missing')
    return [
      h('button', { type: 'button', class: 'button small', onclick: chooseFiles }, texts.upload.chooseAgain),
      remove,
    ];
  if (isRetryable(upload)) return [retry, remove];
  return isSettled(upload) ? [remove] : [];
}

function iconButton(name: Parameters<typeof icon>[0], label: string, file: string, onclick: () => void): HTMLElement {
  return h(
    'button',
    { type: 'button', class: 'icon-button', 'aria-label': `${label}: ${file}`, title: label, onclick },
    icon(name),
  );
}

function percentOf(upload: Upload): number | null {
  if (['sending', 'paused', 'waiting'].includes(upload.state)) return (upload.loadedBytes / upload.sizeBytes) * 100;
  return upload.media?.status === 'processing' ? upload.media.progress : null;
}

function describe(upload: Upload): string {
  if (upload.state === 'sent' && upload.media) return describeMedia(upload.media);
  if (upload.state === 'sending') return describeSending(upload);
  if (upload.message) return upload.message;
  if (upload.state === 'duplicate' && upload.media) return texts.upload.duplicate(upload.media.title);
  if (upload.state === 'missing')
    return upload.loadedBytes > 0 ? texts.upload.missingAt(formatBytes(upload.loadedBytes)) : texts.upload.missing;
  if (upload.state === 'paused')
    return texts.upload.paused(formatBytes(upload.loadedBytes), formatBytes(upload.sizeBytes));
  if (upload.state === 'cancelled') return texts.upload.cancelled;
  return `${texts.upload.waiting} · ${formatBytes(upload.sizeBytes)}`;
}

function describeSending({ loadedBytes, sizeBytes, bytesPerSecond, secondsLeft, message }: Upload): string {
  if (message) return message;
  // All bytes are sent and the response is pending: the server stores them.
  if (loadedBytes >= sizeBytes) return texts.upload.saving;
  const parts = [texts.upload.sending(formatBytes(loadedBytes), formatBytes(sizeBytes))];
  if (bytesPerSecond) parts.push(texts.upload.speed(formatBytes(bytesPerSecond)));
  if (secondsLeft !== null) parts.push(texts.upload.left(formatWait(secondsLeft)));
  return parts.join(' · ');
}

function describeMedia(media: NonNullable<Upload['media']>): string {
  if (media.status === 'failed') return media.failure?.message ?? texts.status.failed;
  if (media.status === 'completed') return `${texts.upload.ready} · ${formatBytes(media.sizeBytes)}`;
  if (media.status === 'processing') return texts.upload.processing(media.progress);
  if (!media.queue) return texts.upload.queued;
  const [low, high] = media.queue.etaSeconds.map(formatWait);
  return `${texts.upload.queuePosition(media.queue.position)} · ${texts.upload.eta(low ?? '', high ?? '')}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'upload-row': UploadRow;
  }
}
