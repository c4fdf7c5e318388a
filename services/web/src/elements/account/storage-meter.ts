import type { MediaStats } from '#contracts';
import { stats } from '../../state/stats';
import { fill, h } from '../../ui/dom';
import { formatBytes } from '../../ui/format';
import { texts } from '../../ui/texts';
import { SignalElement } from '../base/signal-element';

/** Shows the used storage, and its share of the quota when there is one. */
export class StorageMeter extends SignalElement {
  protected connected(signal: AbortSignal): void {
    stats.watch((value) => this.#show(value), signal);
  }

  #show(value: MediaStats | null): void {
    if (!value) return fill(this);
    const { bytes, originalBytes, quotaBytes } = value;
    // The quota counts originals alone.
    const text =
      quotaBytes === null
        ? texts.storage.used(formatBytes(bytes))
        : texts.storage.usedOf(formatBytes(originalBytes), formatBytes(quotaBytes));
    fill(
      this,
      h('p', { class: 'storage-text' }, text),
      quotaBytes === null ? null : quotaBar(originalBytes, quotaBytes),
    );
  }
}

function quotaBar(bytes: number, quotaBytes: number): HTMLElement {
  const share = Math.min(100, (bytes / quotaBytes) * 100);
  const bar = h(
    'div',
    { class: 'bar', 'data-tone': share > 90 ? 'bad' : 'plain', 'aria-hidden': 'true' },
    h('div', { class: 'bar-fill' }),
  );
  bar.style.setProperty('--share', `${share}%`);
  return bar;
}

declare global {
  interface HTMLElementTagNameMap {
    'storage-meter': StorageMeter;
  }
}
