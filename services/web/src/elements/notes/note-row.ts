import type { Notification } from '#contracts';
import { retryMedia } from '../../actions/media-actions';
import { clearNotes, markRead } from '../../actions/note-actions';
import { thumbnailUrl } from '../../network/api';
import type { NoteGroup } from '../../state/note-groups';
import { fill, h, type Child } from '../../ui/dom';
import { icon, type IconName } from '../../ui/icons';
import { texts } from '../../ui/texts';
import { timeAgo } from '../base/time-ago';

const icons: Record<Notification['type'], IconName> = {
  'media.completed': 'check',
  'media.failed': 'alert',
  'media.analysis_failed': 'alert',
  'account.welcome': 'sparkle',
  'webhook.disabled': 'alert',
};
/** Media of a drop shown before "Show all". */
const shownCount = 3;

/** One notification, or those of one drop. Set `group`; redraws only changes, and keeps focus and expansion. */
export class NoteRow extends HTMLElement {
  #group: NoteGroup | undefined;
  #open = false;
  #drawn = '';

  set group(group: NoteGroup) {
    this.#group = group;
    this.#draw();
  }

  #draw(): void {
    const group = this.#group;
    if (!group) return;
    const shape = JSON.stringify([group, this.#open]);
    if (shape === this.#drawn) return;
    this.#drawn = shape;
    const focused = this.contains(document.activeElement)
      ? (document.activeElement as HTMLElement).dataset['focus']
      : undefined;
    fill(this, group.latest.length > 1 ? this.#several(group) : single(group));
    if (focused) this.querySelector<HTMLElement>(`[data-focus="${focused}"]`)?.focus();
  }

  #several(group: NoteGroup): HTMLElement {
    const { latest, ready, failed, moving } = group;
    const title = texts.notifications.groupTitle(ready, failed, moving);
    const toggle = (): void => {
      this.#open = !this.#open;
      this.#draw();
    };
    const more = h(
      'button',
      {
        type: 'button',
        class: 'note-more',
        'data-focus': 'more',
        'aria-expanded': String(this.#open),
        onclick: toggle,
      },
      this.#open ? texts.notifications.fewer : texts.notifications.more(latest.length),
      icon('down'),
    );
    return frame(group, {
      tone: failed > 0 ? 'media.failed' : 'media.completed',
      title,
      name: title,
      body: h(
        'ul',
        { class: 'note-items', role: 'list' },
        ...latest.slice(0, this.#open ? undefined : shownCount).map(item),
      ),
      more: latest.length > shownCount ? more : null,
    });
  }
}

function single(group: NoteGroup): HTMLElement {
  const [note] = group.latest as [Notification];
  const body = h('p', { class: 'note-body' }, group.moving > 0 ? texts.notifications.moving : note.body);
  const row = frame(group, { tone: note.type, title: titleLink(note), name: note.title, body, more: null });
  row.dataset['notificationId'] = note.id;
  return row;
}

interface FrameContent {
  tone: Notification['type'];
  title: Child;
  /** The title as text. */
  name: string;
  body: HTMLElement;
  more: HTMLElement | null;
}

function frame(group: NoteGroup, { tone, title, name, body, more }: FrameContent): HTMLElement {
  const t = texts.notifications;
  const { notes, latest, retryable, unread } = group;
  const { createdAt } = notes[0] as Notification;
  const retry = h(
    'button',
    { type: 'button', class: 'button small', 'data-focus': 'retry', onclick: () => void retryMedia(retryable) },
    icon('retry'),
    latest.length > 1 ? t.retry(retryable.length) : texts.media.retry,
  );
  const read = h(
    'button',
    { type: 'button', class: 'button small quiet', 'data-focus': 'read', onclick: () => void markRead(unread) },
    t.markRead,
  );
  const clear = h(
    'button',
    {
      type: 'button',
      class: 'icon-button',
      'data-focus': 'clear',
      'aria-label': `${t.clear}: ${name}`,
      title: t.clear,
      onclick: () => clearNotes(notes),
    },
    icon('close'),
  );
  return h(
    'article',
    { class: 'note', 'data-type': tone, 'data-read': String(unread.length === 0) },
    sign(latest, tone),
    h(
      'div',
      { class: 'note-text' },
      h(
        'h3',
        { class: 'note-title' },
        unread.length > 0 ? h('span', { class: 'visually-hidden' }, `${t.unread}: `) : null,
        title,
      ),
      body,
      h('p', { class: 'note-foot' }, timeAgo(createdAt), more),
      retryable.length > 0 ? retry : null,
    ),
    h('div', { class: 'note-actions' }, unread.length > 0 ? read : null, clear),
  );
}

/** Shows the picture of the first medium that is ready, where it still exists, and the outcome. */
function sign(notes: readonly Notification[], tone: Notification['type']): HTMLElement {
  const element = h('div', { class: 'note-sign' }, h('span', { class: 'note-outcome' }, icon(icons[tone])));
  const mediaId = notes.find(({ type }) => type === 'media.completed')?.mediaId;
  if (!mediaId) return element;
  const picture = h('img', { src: thumbnailUrl(mediaId), alt: '', loading: 'lazy', decoding: 'async' });
  picture.addEventListener('error', () => picture.remove());
  element.prepend(picture);
  return element;
}

function item(note: Notification): HTMLElement {
  return h(
    'li',
    { class: 'note-item', 'data-notification-id': note.id, 'data-type': note.type },
    icon(icons[note.type]),
    h('div', {}, titleLink(note), note.type === 'media.failed' ? h('p', { class: 'note-body' }, note.body) : null),
  );
}

/** Links the title to the medium; following the link marks the notification as read. */
function titleLink(note: Notification): Child {
  if (!note.mediaId) return note.title;
  return h(
    'a',
    {
      href: `/media/${note.mediaId}`,
      dir: 'auto',
      'data-focus': note.id,
      onclick: () => void (note.read || markRead([note.id])),
    },
    note.title,
  );
}

declare global {
  interface HTMLElementTagNameMap {
    'note-row': NoteRow;
  }
}
