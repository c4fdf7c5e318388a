import type { Media } from '#contracts';
import { retryMedium } from '../../actions/media-actions';
import { fill, h, uniqueId } from '../../ui/dom';
import { formatClock, formatDuration } from '../../ui/format';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';
import { progressBar } from '../base/progress-bar';
import { statusBadge } from '../base/status-badge';
import { thumbnail } from '../base/thumbnail';
import { timeAgo } from '../base/time-ago';

/**
 * One medium in a grid. Set `media`; only changes are redrawn. With `selectable`, which is set before, it has a check
 * box and fires `card-select` (detail: true for a range). Its delete button fires `card-delete`, on which the list
 * deletes it.
 */
export class MediaCard extends HTMLElement {
  #media: Media | undefined;
  #drawn = '';
  #bar = progressBar('');
  #check = h('input', { type: 'checkbox', class: 'card-check', onclick: (event: MouseEvent) => this.#select(event) });
  #selectable = false;
  #place: [position: number, count: number] | undefined;

  get media(): Media | undefined {
    return this.#media;
  }

  set media(media: Media) {
    this.#media = media;
    this.#bar.element.setAttribute('aria-label', texts.upload.progressOf(media.title));
    this.#bar.set(media.progress);
    const shape = JSON.stringify([
      media.status,
      media.round,
      media.title,
      media.thumbnailUrl,
      media.kind,
      media.durationSeconds,
      media.flagged,
      media.matches,
    ]);
    if (shape !== this.#drawn) this.#draw(media);
    this.#drawn = shape;
  }

  /**
   * Sets the position in the list (1, 2, …) and the number of its items, which screen readers announce. The list is no
   * `feed`, because a feed must not contain the headings of the months (WAI-ARIA 1.2, 5.4 "feed").
   */
  setPlace(position: number, count: number): void {
    this.#place = [position, count];
    this.#showPlace();
  }

  #showPlace(): void {
    const article = this.firstElementChild;
    const [position, count] = this.#place ?? [];
    if (!article) return;
    article.setAttribute('aria-posinset', String(position));
    article.setAttribute('aria-setsize', String(count));
  }

  set selectable(selectable: boolean) {
    this.#selectable = selectable;
  }

  set selected(selected: boolean) {
    this.#check.checked = selected;
    this.toggleAttribute('data-selected', selected);
  }

  #draw(media: Media): void {
    const focused = this.contains(document.activeElement);
    const titleId = uniqueId('card');
    const link = h(
      'a',
      { id: titleId, class: 'card-link', href: `/media/${media.id}`, title: media.title },
      media.title,
    );
    this.#check.setAttribute('aria-label', texts.selection.select(media.title));
    const article = h(
      'article',
      {
        class: 'card',
        'aria-labelledby': titleId,
        'data-media-id': media.id,
        'data-status': media.status,
        'data-kind': media.kind,
      },
      h('div', { class: 'card-picture' }, thumbnail(media), this.#overlay(media)),
      this.#selectable && this.#check,
      h(
        'div',
        { class: 'card-text' },
        h('h3', { class: 'card-title', dir: 'auto' }, link),
        matchLine(media) ?? h('p', { class: 'card-meta' }, ...meta(media)),
      ),
      h(
        'div',
        { class: 'card-actions' },
        media.failure?.retryable
          ? h(
              'button',
              { type: 'button', class: 'button small', onclick: () => void retryMedium(media) },
              icon('retry'),
              texts.media.retry,
            )
          : null,
        h(
          'button',
          {
            type: 'button',
            class: 'icon-button',
            // In the library Delete does the same, and each card has two tab stops: check box and link.
            tabindex: this.#selectable ? -1 : null,
            'aria-label': texts.media.deleteNamed(media.title),
            title: texts.media.delete,
            onclick: () => this.dispatchEvent(new CustomEvent('card-delete', { bubbles: true })),
          },
          icon('trash'),
        ),
      ),
    );
    fill(this, article);
    if (this.#place) this.#showPlace();
    if (focused) link.focus({ preventScroll: true });
  }

  #overlay(media: Media): HTMLElement | null {
    if (media.status === 'completed')
      return media.durationSeconds === null
        ? null
        : h('span', { class: 'card-duration' }, formatDuration(media.durationSeconds));
    return h(
      'div',
      { class: 'card-state' },
      statusBadge(media.status),
      media.status === 'processing' ? this.#bar.element : null,
    );
  }

  /** The list handles the selection, and sets `selected`. */
  #select(event: MouseEvent): void {
    this.dispatchEvent(new CustomEvent('card-select', { bubbles: true, detail: event.shiftKey }));
  }
}

/** Shows where a search found the medium, unless the title says so; with a link to its second. */
function matchLine({ id, matches }: Media): HTMLElement | null {
  const match = matches?.[0];
  if (!match || match.field === 'title') return null;
  const { field, snippet, atSeconds } = match;
  const clock = atSeconds === null ? '' : formatClock(atSeconds);
  return h(
    'p',
    { class: 'card-meta card-match', dir: 'auto', title: snippet },
    h('span', { class: 'visually-hidden' }, `${texts.library.foundIn[field]}: `),
    clock && h('a', { href: `/media/${id}?t=${atSeconds}`, 'aria-label': texts.library.playFrom(clock) }, clock),
    clock && ' ',
    snippet,
  );
}

function meta(media: Media): (Node | string)[] {
  if (media.failure) return [h('span', { class: 'card-reason', title: media.failure.message }, media.failure.message)];
  const kind = h('span', { class: 'visually-hidden' }, `${texts.kind[media.kind]}, `);
  return [icon(media.kind), kind, timeAgo(media.createdAt)];
}

declare global {
  interface HTMLElementTagNameMap {
    'media-card': MediaCard;
  }
  interface HTMLElementEventMap {
    'card-select': CustomEvent<boolean>;
    'card-delete': CustomEvent;
  }
}
