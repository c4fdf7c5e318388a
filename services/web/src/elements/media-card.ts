import type { Media } from '#contracts';
import { fill, h } from '../dom';
import { formatAgo, formatDuration } from '../format';
import { icon } from '../icons';
import { deleteMedium, retryMedium } from '../media-actions';
import { texts } from '../texts';
import { progressBar } from './progress-bar';
import { statusBadge } from './status-badge';
import { thumbnail } from './thumbnail';

/** One medium in a grid. Set `media`; it redraws only what changed. */
export class MediaCard extends HTMLElement {
  #media: Media | undefined;
  #drawn = '';
  #bar = progressBar('');

  get media(): Media | undefined {
    return this.#media;
  }

  set media(media: Media) {
    this.#media = media;
    this.#bar.element.setAttribute('aria-label', texts.upload.progressOf(media.title));
    this.#bar.set(media.progress);
    const shape = JSON.stringify([media.status, media.round, media.title, media.thumbnailUrl, media.kind, media.durationSeconds]);
    if (shape !== this.#drawn) this.#draw(media);
    this.#drawn = shape;
  }

  #draw(media: Media): void {
    const focused = this.contains(document.activeElement);
    const link = h('a', { class: 'card-link', href: `/media/${media.id}` }, media.title);
    const article = h(
      'article',
      { class: 'card', 'data-media-id': media.id, 'data-status': media.status, 'data-kind': media.kind },
      h('div', { class: 'card-picture' }, thumbnail(media), this.#overlay(media)),
      h('div', { class: 'card-text' }, h('h3', { class: 'card-title' }, link), h('p', { class: 'card-meta' }, ...meta(media))),
      h(
        'div',
        { class: 'card-actions' },
        media.failure?.retryable
          ? h('button', { type: 'button', class: 'button small', onclick: () => void retryMedium(media) }, icon('retry'), texts.media.retry)
          : null,
        h('button', { type: 'button', class: 'icon-button', 'aria-label': texts.media.deleteNamed(media.title), title: texts.media.delete, onclick: () => void deleteMedium(media) }, icon('trash')),
      ),
    );
    fill(this, article);
    if (focused) link.focus({ preventScroll: true });
  }

  #overlay(media: Media): HTMLElement | null {
    if (media.status === 'completed') return media.durationSeconds === null ? null : h('span', { class: 'card-duration' }, formatDuration(media.durationSeconds));
    return h('div', { class: 'card-state' }, statusBadge(media.status), media.status === 'processing' ? this.#bar.element : null);
  }
}

function meta(media: Media): (Node | string)[] {
  const time = h('time', { datetime: media.createdAt }, formatAgo(media.createdAt));
  return [icon(media.kind), h('span', { class: 'visually-hidden' }, `${texts.kind[media.kind]}, `), time];
}

declare global {
  interface HTMLElementTagNameMap {
    'media-card': MediaCard;
  }
}
