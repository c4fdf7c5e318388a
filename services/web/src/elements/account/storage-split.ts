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
    const { bytes, originalBytes, quotaBytes } = value;
    const derived = bytes - originalBytes;
    // The quota counts originals alone, so previews have no part of its bar.
    const whole = Math.max(quotaBytes ?? bytes, originalBytes, 1);
    setText(
      big,
      quotaBytes === null
        ? formatBytes(bytes)
        : texts.storage.usedOf(formatBytes(originalBytes), formatBytes(quotaBytes)),
    );
    bar.style.setProperty('--originals', `${(originalBytes / whole) * 100}%`);
    bar.style.setProperty('--derived', quotaBytes === null ? `${(derived / whole) * 100}%` : '0%');
    fill(
      legend,
      ...entry('originals', texts.storage.originals, originalBytes),
      ...entry('derived', quotaBytes === null ? texts.storage.derived : texts.storage.derivedUncounted, derived),
    );
  }, signal);
  return h('div', { class: 'storage' }, big, bar, legend);
}

function entry(name: string, label: string, bytes: number): HTMLElement[] {
  return [h('dt', { 'data-key': name }, label), h('dd', {}, formatBytes(bytes))];
}
