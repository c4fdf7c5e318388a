import { connection } from '../connection';
import { fill, h } from '../dom';
import { icon } from '../icons';
import { texts } from '../texts';
import { SignalElement } from './signal-element';
import { toast } from './toast-region';

/** Says in plain words that the server is away, and goes when it is back. */
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
