import type { Media } from '#contracts';
import { retryAllFailed, retryMedium } from '../../actions/media-actions';
import { removeMedia } from '../../actions/removals';
import { api } from '../../network/api';
import { live } from '../../network/live';
import { load } from '../../network/load';
import { removed } from '../../state/removed';
import { stats } from '../../state/stats';
import { coalesce } from '../../ui/coalesce';
import { fill, h, setText } from '../../ui/dom';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';
import { thumbnail } from '../base/thumbnail';

const shownCount = 4;

/** Builds the panel of the newest failed media, each with its reason, retry and delete. Hidden while there are none. */
export function attentionPanel(signal: AbortSignal): { element: HTMLElement; ready: Promise<void> } {
  const list = h('ul', { class: 'attention-list', role: 'list' });
  const retryAll = h(
    'button',
    { type: 'button', class: 'button small', hidden: true, onclick: () => void retryAllFailed() },
    icon('retry'),
    texts.dashboard.retryAll,
  );
  const seeAll = h('a', { href: '/media?status=failed' });
  const element = h(
    'section',
    { class: 'panel attention', hidden: true },
    h('div', { class: 'section-head' }, h('h2', {}, texts.dashboard.attention), seeAll),
    list,
    retryAll,
  );
  let known: Media[] = [];
  const show = (): void => {
    const shown = known.filter(({ id }) => !removed.value.has(id));
    element.hidden = shown.length === 0;
    retryAll.hidden = shown.filter(({ failure }) => failure?.retryable).length < 2;
    fill(list, ...shown.map(attentionItem));
  };
  const read = async (): Promise<void> => {
    const answer = await load(() => api.media({ status: 'failed', limit: shownCount }, signal), signal).catch(
      () => null,
    );
    known = answer?.items ?? known;
    show();
  };
  const readSoon = coalesce(read, signal);
  live.media.on(({ status, id }) => {
    const listed = list.querySelector(`[data-attention="${CSS.escape(id)}"]`) !== null;
    if (listed !== (status === 'failed')) readSoon();
  }, signal);
  removed.onChange(show, signal);
  live.mediaDeleted.on((id) => {
    known = known.filter((media) => media.id !== id);
    readSoon();
  }, signal);
  live.refetch.on(readSoon, signal);
  stats.watch(
    (value) =>
      setText(
        seeAll,
        value && value.failed > shownCount ? texts.dashboard.seeAllOf(value.failed) : texts.dashboard.seeAll,
      ),
    signal,
  );
  return { element, ready: read() };
}

function attentionItem(media: Media): HTMLElement {
  return h(
    'li',
    { class: 'attention-item', 'data-attention': media.id },
    thumbnail(media),
    h(
      'div',
      {},
      h('a', { href: `/media/${media.id}`, dir: 'auto' }, media.title),
      h('p', {}, media.failure?.message),
      media.failure?.retryable
        ? h(
            'button',
            { type: 'button', class: 'button small', onclick: () => void retryMedium(media) },
            icon('retry'),
            texts.media.retry,
            h('span', { class: 'visually-hidden' }, ` ${media.title}`),
          )
        : null,
    ),
    h(
      'button',
      {
        type: 'button',
        class: 'icon-button',
        'aria-label': texts.media.deleteNamed(media.title),
        title: texts.media.delete,
        onclick: () => removeMedia([media]),
      },
      icon('trash'),
    ),
  );
}
