import type { Media, MediaStats } from '#contracts';
import { removeMedia } from '../actions/removals';
import { storageSplit } from '../elements/account/storage-split';
import { pageHead, problemState, skeletonCards } from '../elements/base/page-parts';
import type { MediaCard } from '../elements/library/media-card';
import { activityChart, total } from '../elements/notes/activity-chart';
import { attentionPanel } from '../elements/notes/attention-panel';
import { filePicker } from '../elements/upload/file-picker';
import { api } from '../network/api';
import { live } from '../network/live';
import { load } from '../network/load';
import { isOlder } from '../state/freshness';
import { removed } from '../state/removed';
import type { Page, PageContext } from '../state/router';
import { session } from '../state/session';
import { stats } from '../state/stats';
import { coalesce } from '../ui/coalesce';
import { arrange, fill, fragment, h, setText } from '../ui/dom';
import { formatNumber } from '../ui/format';
import { icon, type IconName } from '../ui/icons';
import { texts } from '../ui/texts';

/** Fills whole rows of wide windows; dashboard.css shows 12 or 20 of them in others. */
const recentCount = 24;

/** Builds the page `/`. */
export function dashboardPage({ signal }: PageContext): Page {
  const recent = recentSection(signal);
  const attention = attentionPanel(signal);
  const content = fragment(
    pageHead(
      texts.dashboard.title,
      texts.dashboard.greeting(session.value?.username ?? ''),
      h('a', { class: 'button primary', href: '/upload' }, icon('upload'), texts.dashboard.add),
    ),
    tiles(signal),
    // The activity is last, because it appears only after its response and must not move other sections.
    h(
      'div',
      { class: 'dashboard-columns' },
      attention.element,
      recent.element,
      h('section', { class: 'panel' }, h('h2', {}, texts.dashboard.storage), storageSplit(signal)),
      activitySection(signal),
    ),
  );
  return { title: texts.dashboard.title, content, ready: Promise.all([recent.ready, attention.ready]) };
}

type Count = 'total' | 'completed' | 'processing' | 'failed';
const counts: Record<Count, { href: string; icon: IconName }> = {
  total: { href: '/media', icon: 'grid' },
  completed: { href: '/media?status=completed', icon: 'check' },
  processing: { href: '/media?status=processing', icon: 'sparkle' },
  failed: { href: '/media?status=failed', icon: 'alert' },
};

function tiles(signal: AbortSignal): HTMLElement {
  const outputs = Object.keys(counts).map((name) => h('output', { 'data-count': name, 'aria-live': 'off' }));
  const waiting = h('p', { class: 'tile-note' });
  const tile = (name: Count, index: number): HTMLElement =>
    h(
      'a',
      { class: 'tile', href: counts[name].href, 'data-tone': name },
      h('p', { class: 'tile-label' }, icon(counts[name].icon), texts.dashboard[name]),
      outputs[index],
      name === 'processing' ? waiting : null,
    );
  stats.watch((value: MediaStats | null) => {
    for (const output of outputs) {
      const count = value?.[output.dataset['count'] as Count];
      setText(output, count === undefined ? '–' : formatNumber(count));
      output.closest('.tile')?.toggleAttribute('data-some', Boolean(count));
    }
    setText(waiting, value && value.uploaded > 0 ? texts.dashboard.waiting(value.uploaded) : '');
  }, signal);
  return h(
    'section',
    { class: 'tiles', 'aria-label': texts.dashboard.counts },
    ...(Object.keys(counts) as Count[]).map(tile),
  );
}

function recentSection(signal: AbortSignal): { element: HTMLElement; ready: Promise<void> } {
  const grid = h('div', { class: 'grid' }, ...skeletonCards(4));
  const element = h(
    'section',
    { class: 'recent' },
    h(
      'div',
      { class: 'section-head' },
      h('h2', {}, texts.dashboard.recent),
      h('a', { href: '/media' }, texts.dashboard.seeAll),
    ),
    grid,
  );
  let known: Media[] = [];
  const show = (items: Media[]): void => {
    known = items.slice(0, recentCount);
    const shown = known.filter(({ id }) => !removed.value.has(id));
    if (shown.length === 0)
      return fill(
        grid,
        h('div', { class: 'grid-wide' }, filePicker(signal, texts.dashboard.emptyTitle, texts.dashboard.emptyLead)),
      );
    const cards = new Map([...grid.querySelectorAll('media-card')].map((card) => [card.media?.id, card]));
    const next = shown.map((media) => {
      const card = cards.get(media.id) ?? h('media-card');
      card.media = media;
      return card;
    });
    arrange(grid, next);
  };
  grid.addEventListener('card-delete', (event) => {
    const { media } = event.target as MediaCard;
    if (media) removeMedia([media]);
  });
  const read = async (): Promise<void> => {
    try {
      show((await load(() => api.media({ limit: recentCount }, signal), signal)).items);
    } catch (error) {
      if (!signal.aborted) fill(grid, problemState(error));
    }
  };
  const readSoon = coalesce(read, signal);
  live.media.on((media) => show(applyUpdate(known, media)), signal);
  removed.onChange(() => show(known), signal);
  live.mediaDeleted.on((id) => {
    show(known.filter((media) => media.id !== id));
    readSoon();
  }, signal);
  live.refetch.on(() => void read(), signal);
  return { element, ready: read() };
}

/** Applies a live event to a list that is newest first. */
function applyUpdate(list: Media[], media: Media): Media[] {
  const known = list.find(({ id }) => id === media.id);
  if (known) return isOlder(media, known) ? list : list.map((item) => (item === known ? media : item));
  const oldest = list.at(-1);
  if (oldest && list.length >= recentCount && media.createdAt < oldest.createdAt) return list;
  return [...list, media].toSorted((a, b) => (a.id < b.id ? 1 : -1));
}

/** Builds the chart of activity, which is read again when the counts change. */
function activitySection(signal: AbortSignal): HTMLElement {
  const chart = h('div');
  const element = h('section', { class: 'panel', hidden: true }, h('h2', {}, texts.dashboard.activity), chart);
  const read = async (): Promise<void> => {
    const answer = await load(() => api.activity(signal), signal).catch(() => null);
    if (!answer) return;
    const { uploaded, completed, failed } = total(answer.days);
    element.hidden = uploaded + completed + failed === 0;
    const opened = chart.querySelector('details')?.open ?? false;
    fill(chart, activityChart(answer.days, opened));
  };
  stats.watch((value) => value && void read(), signal);
  return element;
}
