import { stats } from '../../state/stats';
import { fill, h, setText } from '../../ui/dom';
import { formatBytes } from '../../ui/format';
import { texts } from '../../ui/texts';

/** Builds a chart of the storage used by originals and previews, and of the quota when there is one. */
export function storageSplit(signal: AbortSignal): HTMLElement {
  const big = h('p', { class: 'storage-big' });
  const bar = h(
    'div',
    { class: 'split-bar', 'aria-hidden': 'true' },
    h('div', { class: 'split-originals' }),
    h('div', { class: 'split-derived' }),
  );
  const legend = h('dl', { class: 'legend' });
  stats.watch((value) => {
    if (!value) return;
    const whole = Math.max(value.quotaBytes ?? value.bytes, value.bytes, 1);
    const derived = value.bytes - value.originalBytes;
    setText(
      big,
      value.quotaBytes === null
        ? formatBytes(value.bytes)
        : texts.storage.usedOf(formatBytes(value.bytes), formatBytes(value.quotaBytes)),
    );
    bar.style.setProperty('--originals', `${(value.originalBytes / whole) * 100}%`);
    bar.style.setProperty('--derived', `${(derived / whole) * 100}%`);
    fill(
      legend,
      ...entry('originals', texts.storage.originals, value.originalBytes),
      ...entry('derived', texts.storage.derived, derived),
    );
  }, signal);
  return h('div', { class: 'storage' }, big, bar, legend);
}

function entry(name: string, label: string, bytes: number): HTMLElement[] {
  return [h('dt', { 'data-key': name }, label), h('dd', {}, formatBytes(bytes))];
}
