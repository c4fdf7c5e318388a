import type { SessionInfo } from '#contracts';
import { api } from '../../network/api';
import { live } from '../../network/live';
import { load } from '../../network/load';
import { messageOf } from '../../network/problem';
import { fill, h, setText } from '../../ui/dom';
import { describeUserAgent, formatAgo, formatDate, formatDateTime } from '../../ui/format';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';
import { toast } from '../../ui/toasts';
import { problemState } from '../base/page-parts';
import { SignalElement } from '../base/signal-element';

/** Sessions shown before "Show all". */
const shownCount = 5;

/** Lists the sessions of the user, each with a button to end it. Reads them again when the page becomes visible. */
export class SessionList extends SignalElement {
  #list = h('ul', { class: 'sessions', role: 'list' });
  #endOthers = h(
    'button',
    {
      type: 'button',
      class: 'button',
      hidden: true,
      onclick: () => void this.#end(() => api.endOtherSessions(), texts.profile.othersEnded),
    },
    icon('logOut'),
    texts.profile.endOthers,
  );
  #more = h('button', { type: 'button', class: 'button quiet', hidden: true, onclick: () => this.#showAll() });
  #signal: AbortSignal | undefined;
  #shownCount = shownCount;

  protected connected(signal: AbortSignal): void {
    this.#signal = signal;
    fill(this, this.#list, h('div', { class: 'button-row' }, this.#endOthers, this.#more));
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void this.refresh(), {
      signal,
    });
    live.refetch.on(() => void this.refresh(), signal);
  }

  /** Reads the sessions again. */
  async refresh(): Promise<void> {
    const signal = this.#signal;
    if (!signal) return;
    try {
      const { items } = await load(() => api.sessions(signal), signal);
      const ordered = items.toSorted(
        (a, b) => Number(b.current) - Number(a.current) || b.lastSeenAt.localeCompare(a.lastSeenAt),
      );
      fill(this.#list, ...ordered.slice(0, this.#shownCount).map((item) => this.#row(item)));
      this.#endOthers.hidden = items.length < 2;
      this.#more.hidden = items.length <= this.#shownCount;
      setText(this.#more, texts.profile.allSessions(items.length));
    } catch (error) {
      if (!signal.aborted) fill(this.#list, h('li', {}, problemState(error)));
    }
  }

  #showAll(): void {
    this.#shownCount = Infinity;
    void this.refresh();
  }

  #row(item: SessionInfo): HTMLElement {
    const { name, handheld } = describeUserAgent(item.userAgent);
    const end = h(
      'button',
      {
        type: 'button',
        class: 'button small',
        'aria-label': texts.profile.endSessionOn(name),
        onclick: () => void this.#end(() => api.endSession(item.id), texts.profile.sessionEnded),
      },
      texts.profile.endSession,
    );
    const seen = item.current ? texts.profile.activeNow : texts.profile.activeAt(formatAgo(item.lastSeenAt));
    return h(
      'li',
      { class: 'session', 'data-session-id': item.id, 'data-current': String(item.current) },
      icon(handheld ? 'phone' : 'screen'),
      h(
        'div',
        {},
        h(
          'p',
          { class: 'session-device', title: item.userAgent },
          name,
          item.current ? h('span', { class: 'tag-note' }, texts.profile.thisDevice) : null,
        ),
        h(
          'p',
          { class: 'session-meta', title: formatDateTime(item.lastSeenAt) },
          texts.profile.sessionMeta(seen, formatDate(item.createdAt)),
        ),
      ),
      item.current ? null : end,
    );
  }

  async #end(action: () => Promise<void>, done: string): Promise<void> {
    try {
      await action();
      toast(done);
      await this.refresh();
    } catch (error) {
      toast(messageOf(error), 'bad');
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'session-list': SessionList;
  }
}
