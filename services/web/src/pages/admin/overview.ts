import type { AdminOverview } from '#contracts';
import { problemState } from '../../elements/base/page-parts';
import { timeAgo } from '../../elements/base/time-ago';
import { adminApi } from '../../network/admin-api';
import { messageOf } from '../../network/problem';
import { fill, h, type Child } from '../../ui/dom';
import { formatBytes, formatDuration, formatNumber, formatWait } from '../../ui/format';
import { toast } from '../../ui/toasts';
import { adminPage, poll } from './frame';
import { stateBadge } from './state-badge';
import { adminTexts } from './texts';

const texts = adminTexts.overview;
const everyMs = 5_000;

/** Builds the page `/admin`: the state of the installation, read again every few seconds. */
export const adminOverviewPage = adminPage('overview', ({ signal }) => {
  const content = h('div', { class: 'admin-overview' });
  const refresh = poll(
    adminApi.overview,
    (result) => {
      if ('problem' in result)
        return fill(
          content,
          problemState(result.problem, () => void refresh()),
        );
      const focused = content.contains(document.activeElement) ? document.activeElement?.getAttribute('href') : null;
      fill(content, ...panels(result.data, () => void refresh()));
      if (focused)
        content.querySelector<HTMLElement>(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    },
    { everyMs, signal },
  );
  return { content: [content], ready: refresh() };
});

function panels(overview: AdminOverview, refresh: () => void): HTMLElement[] {
  return [
    h('div', { class: 'admin-figures' }, ...figures(overview)),
    panel(texts.failures, failures(overview)),
    panel(texts.queues, queues(overview)),
    panel(texts.spending, h('p', {}, texts.spent(overview.analysis.spentUsd, overview.analysis.budgetUsd))),
    panel(texts.health, health(overview)),
    panel(texts.channels, channels(overview)),
    panel(texts.canary, canary(overview, refresh)),
  ];
}

function figures({ users, media, storage, workers, oldestWaitSeconds }: AdminOverview): HTMLElement[] {
  const wait = oldestWaitSeconds === null ? '–' : formatWait(oldestWaitSeconds);
  return [
    figure(texts.users, formatNumber(users.total), '', '/admin/users'),
    figure(texts.media, formatNumber(media.total), texts.waiting(media.uploaded, media.processing), '/admin/media'),
    figure(texts.failed, formatNumber(media.failed), '', '/admin/media?status=failed'),
    figure(texts.storage, formatBytes(storage.bytes), texts.originals(storage.originalBytes), '/admin/users'),
    figure(texts.workers, formatNumber(workers), workers === 0 ? texts.noWorkers : '', '/admin/queues'),
    figure(texts.oldest, wait, oldestWaitSeconds === null ? texts.nothingWaits : '', '/admin/queues'),
  ];
}

function figure(label: string, value: string, detail: string, href: string): HTMLElement {
  return h(
    'a',
    { class: 'admin-figure', href },
    h('span', { class: 'admin-label' }, label),
    h('strong', {}, value),
    detail ? h('span', { class: 'admin-detail' }, detail) : null,
  );
}

const panel = (title: string, ...content: Child[]): HTMLElement =>
  h('section', { class: 'panel' }, h('h2', {}, title), ...content);

function failures({ failures: counts }: AdminOverview): HTMLElement {
  if (counts.length === 0) return h('p', {}, texts.noFailures);
  const row = ({ code, count }: (typeof counts)[number]): HTMLElement =>
    h('li', {}, h('a', { href: `/admin/media?status=failed&code=${code}` }, code), h('span', {}, formatNumber(count)));
  return h(
    'div',
    {},
    h('p', { class: 'admin-detail' }, texts.failureLead),
    h('ul', { class: 'admin-list', role: 'list' }, ...counts.map(row)),
  );
}

const count = (value: number, name: string): string => `${formatNumber(value)} ${name.toLowerCase()}`;

function queues({ queues: all }: AdminOverview): HTMLElement {
  const { waiting, active, paused } = adminTexts.queues;
  const row = (queue: (typeof all)[number]): HTMLElement =>
    h(
      'li',
      {},
      h('span', {}, queue.name, queue.paused ? h('span', { class: 'tag-note' }, paused) : null),
      h('span', {}, `${count(queue.waiting, waiting)}, ${count(queue.active, active)}`),
    );
  return h('ul', { class: 'admin-list', role: 'list' }, ...all.map(row));
}

const checkRow = ([name, state]: [string, string]): HTMLElement => h('li', {}, h('span', {}, name), stateBadge(state));

function health({ health: { checks } }: AdminOverview): HTMLElement {
  return h('ul', { class: 'admin-list', role: 'list' }, ...Object.entries(checks).map(checkRow));
}

function channels({ channels: all }: AdminOverview): HTMLElement {
  const row = ({ name, state, detail }: (typeof all)[number]): HTMLElement =>
    h('li', {}, h('span', {}, name, h('span', { class: 'admin-detail admin-block' }, detail)), stateBadge(state));
  return h('ul', { class: 'admin-list', role: 'list' }, ...all.map(row));
}

function canary({ canary: { state, running, last } }: AdminOverview, refresh: () => void): HTMLElement {
  const button = h('button', { type: 'button', class: 'button small' }, running ? texts.canaryRuns : texts.runCanary);
  if (running) button.setAttribute('aria-disabled', 'true');
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-disabled') === 'true') return;
    adminApi.runCanary().then(refresh, (error: unknown) => toast(messageOf(error), 'bad'));
  });
  const row = ({ kind, ok, seconds, problem }: NonNullable<typeof last>['results'][number]): HTMLElement =>
    h(
      'li',
      {},
      h('span', {}, kind),
      h('span', {}, ok ? formatDuration(seconds) : (problem ?? '')),
      stateBadge(ok ? 'ok' : 'down'),
    );
  return h(
    'div',
    {},
    h('p', { class: 'admin-detail' }, texts.canaryLead, ' ', last ? timeAgo(last.at) : texts.canaryNever),
    last ? h('ul', { class: 'admin-list', role: 'list' }, ...last.results.map(row)) : stateBadge(state),
    h('div', { class: 'button-row admin-bar' }, button),
  );
}
