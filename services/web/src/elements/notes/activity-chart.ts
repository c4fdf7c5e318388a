import type { MediaActivity } from '#contracts';
import { h, svg } from '../../ui/dom';
import { formatDay, formatNumber } from '../../ui/format';
import { texts } from '../../ui/texts';

type Day = MediaActivity['days'][number];

/** The least height of a bar, so that a day with few files stays visible beside one with thousands. */
const leastPercent = 4;
const barShare = 0.68;

/** Builds a chart with a column per day (files uploaded, completed and failed), and the same as a table below it. */
export function activityChart(days: readonly Day[], tableOpen: boolean): HTMLElement {
  const t = texts.dashboard;
  const sum = total(days);
  return h(
    'figure',
    { class: 'activity' },
    h('p', { class: 'activity-most', 'aria-hidden': 'true' }, formatNumber(mostOf(days))),
    svg(
      'svg',
      { class: 'activity-bars', role: 'img', 'aria-label': t.activitySummary(sum.uploaded, sum.completed, sum.failed) },
      ...columns(days),
    ),
    h(
      'div',
      { class: 'activity-axis', 'aria-hidden': 'true' },
      h('span', {}, formatDay(days[0]?.date ?? '')),
      h('span', {}, t.today),
    ),
    h(
      'dl',
      { class: 'legend' },
      ...entry('uploaded', t.uploaded, sum.uploaded),
      ...entry('completed', t.completed, sum.completed),
      ...entry('failed', t.failed, sum.failed),
    ),
    h('details', { class: 'activity-table', open: tableOpen }, h('summary', {}, t.activityTable), table(days)),
  );
}

/** Sums the counts of all days. */
export function total(days: readonly Day[]): Omit<Day, 'date'> {
  const sum = (name: 'uploaded' | 'completed' | 'failed'): number => days.reduce((whole, day) => whole + day[name], 0);
  return { uploaded: sum('uploaded'), completed: sum('completed'), failed: sum('failed') };
}

/** Returns the number of files that the full height stands for. */
function mostOf(days: readonly Day[]): number {
  return Math.max(1, ...days.map(({ uploaded, completed, failed }) => Math.max(uploaded, completed + failed)));
}

function columns(days: readonly Day[]): SVGElement[] {
  const most = mostOf(days);
  const step = 100 / days.length;
  const height = (count: number): number =>
    count === 0 ? 0 : Math.max(leastPercent, (count / most) * (100 - leastPercent));
  return days.map((day, index) => {
    const bar = (name: string, from: number, tall: number): SVGElement | null =>
      tall > 0
        ? svg('rect', {
            class: `bar-${name}`,
            x: `${(index + (1 - barShare) / 2) * step}%`,
            width: `${step * barShare}%`,
            y: `${100 - from - tall}%`,
            height: `${tall}%`,
            rx: 2,
          })
        : null;
    const completed = height(day.completed);
    return svg(
      'g',
      { class: 'activity-day' },
      svg('title', {}, texts.dashboard.activityOn(formatDay(day.date), day.uploaded, day.completed, day.failed)),
      svg('rect', { class: 'bar-reach', x: `${index * step}%`, width: `${step}%`, y: 0, height: '100%' }),
      bar('uploaded', 0, height(day.uploaded)),
      bar('completed', 0, completed),
      bar('failed', completed, height(day.failed)),
    );
  });
}

/** Lists the days with activity, the latest first. */
function table(days: readonly Day[]): HTMLElement {
  const t = texts.dashboard;
  const row = ({ date, uploaded, completed, failed }: Day): HTMLElement =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, formatDay(date)),
      ...[uploaded, completed, failed].map((count) => h('td', {}, formatNumber(count))),
    );
  const busy = days.filter(({ uploaded, completed, failed }) => uploaded + completed + failed > 0).toReversed();
  return h(
    'table',
    {},
    h('caption', { class: 'visually-hidden' }, t.activity),
    h(
      'thead',
      {},
      h('tr', {}, ...[t.day, t.uploaded, t.completed, t.failed].map((label) => h('th', { scope: 'col' }, label))),
    ),
    h('tbody', {}, ...busy.map(row)),
  );
}

function entry(name: string, label: string, count: number): HTMLElement[] {
  return [h('dt', { 'data-key': name }, label), h('dd', {}, formatNumber(count))];
}
