import { connection } from '../../network/connection';
import { fill, h } from '../../ui/dom';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';
import { toast } from '../../ui/toasts';
import { SignalElement } from './signal-element';

/** Shown while the server is unreachable or a part of it is unavailable. */
export class ConnectionBanner extends SignalElement {
  protected connected(signal: AbortSignal): void {
    this.setAttribute('role', 'status');
    let wasLost = false;
    connection.state.watch((state) => {
      if (wasLost && state === 'ok') toast(texts.connection.back);
      wasLost = state !== 'ok';
      this.hidden = state === 'ok';
      fill(this, ...(state === 'ok' ? [] : [icon('offline'), h('p', {}, texts.connection[state])]));
    }, signal);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'connection-banner': ConnectionBanner;
  }
}
