import { fill, h, setText } from '../dom';
import { formatBytes, formatWait } from '../format';
import { icon } from '../icons';
import { texts } from '../texts';
import { isSettled, isUnsuccessful, statusOf, type Upload } from '../upload/queue';
import { uploads } from '../upload/uploads';
import { progressBar } from './progress-bar';
import { SignalElement } from './signal-element';
import { toast } from './toast-region';
import type { UploadRow } from './upload-row';

/**
 * All uploads, newest first. It lives outside the page outlet, so it survives navigation; on the upload page the style
 * sheet lays it into the page, elsewhere it floats in the corner.
 */
export class UploadTray extends SignalElement {
  #rows = new Map<string, UploadRow>();
  #list = h('div', { class: 'tray-rows', id: 'tray-rows' });
  #summary = h('p', { class: 'tray-summary' });
  #announcer = h('p', { class: 'visually-hidden', role: 'status' });
  #toggle = h('button', { type: 'button', class: 'icon-button tray-toggle', 'aria-controls': 'tray-rows', 'aria-expanded': 'true', 'aria-label': texts.upload.collapse, onclick: () => this.#setCollapsed(!this.hasAttribute('data-collapsed')) }, icon('down'));
  #total = progressBar(texts.upload.totalProgress);
  #pending = new Set<string>();

  protected connected(signal: AbortSignal): void {
    this.setAttribute('role', 'region');
    this.setAttribute('aria-label', texts.upload.trayTitle);
    fill(
      this,
      h(
        'div',
        { class: 'tray-head' },
        h('h2', {}, texts.upload.trayTitle),
        this.#summary,
        h('button', { type: 'button', class: 'button small quiet tray-clear', onclick: () => uploads.clearSettled() }, texts.upload.clearFinished),
        this.#toggle,
      ),
      this.#total.element,
      this.#list,
      this.#announcer,
    );
    // On a phone it would cover the page; there it opens on demand.
    if (isNarrow()) this.#setCollapsed(true);
    uploads.changed.on((id) => this.#schedule(id), signal);
    uploads.batchSettled.on(({ ready, failed }) => toast(texts.upload.batchReady(ready, failed), failed > 0 ? 'bad' : 'ok', { href: '/media', label: texts.upload.seeThem }), signal);
    // What is over should not cover what people look at next; the summary stays.
    globalThis.addEventListener('snapstream:navigate', () => !this.hasAttribute('data-busy') && this.#setCollapsed(true), { signal });
    for (const { id } of uploads.queue.all) this.#schedule(id);
    this.#summarise();
  }

  /** A thousand files change more often than a screen does: everything of one frame is drawn together. */
  #schedule(id: string): void {
    if (this.#pending.size === 0) requestAnimationFrame(() => this.#draw());
    this.#pending.add(id);
  }

  #draw(): void {
    const ids = [...this.#pending];
    this.#pending.clear();
    for (const id of ids) this.#drawRow(id);
    this.#summarise();
  }

  #drawRow(id: string): void {
    const upload = uploads.queue.get(id);
    const row = this.#rows.get(id);
    if (!upload) {
      row?.remove();
      this.#rows.delete(id);
      return;
    }
    if (row) {
      row.upload = upload;
      return;
    }
    const created = h('upload-row');
    created.upload = upload;
    this.#rows.set(id, created);
    this.#list.prepend(created);
    if (!isNarrow()) this.#setCollapsed(false);
  }

  #summarise(): void {
    const all = uploads.queue.all;
    const running = all.filter((upload) => !isSettled(upload)).length;
    const done = all.filter((upload) => statusOf(upload) === 'completed').length;
    const failed = all.filter(isUnsuccessful).length;
    const text = texts.upload.batchSummary(running, done, failed);
    const unsent = all.filter(({ state }) => state === 'sending' || state === 'waiting' || state === 'paused');
    this.#showTotal(unsent);
    this.toggleAttribute('data-empty', all.length === 0);
    this.toggleAttribute('data-busy', running > 0);
    setText(this.#summary, [text, totalsOf(unsent)].filter(Boolean).join(' · '));
    // Announced once per change of a state, never per percent.
    setText(this.#announcer, text);
    const clear = this.querySelector<HTMLElement>('.tray-clear');
    if (clear) clear.hidden = running === all.length;
  }

  #showTotal(unsent: readonly Upload[]): void {
    const total = sum(unsent, 'sizeBytes');
    this.#total.element.hidden = unsent.length < 2;
    this.#total.set(total > 0 ? (sum(unsent, 'loadedBytes') / total) * 100 : null);
  }

  #setCollapsed(collapsed: boolean): void {
    this.toggleAttribute('data-collapsed', collapsed);
    this.#toggle.setAttribute('aria-expanded', String(!collapsed));
    this.#toggle.setAttribute('aria-label', collapsed ? texts.upload.expand : texts.upload.collapse);
  }
}

/** Bytes and time of everything that is still to be sent; one file says that in its own row. */
function totalsOf(unsent: readonly Upload[]): string {
  if (unsent.length < 2) return '';
  const [loaded, total, speed] = [sum(unsent, 'loadedBytes'), sum(unsent, 'sizeBytes'), sum(unsent, 'bytesPerSecond')];
  const left = speed > 0 && texts.upload.left(formatWait((total - loaded) / speed));
  return [texts.upload.totals(formatBytes(loaded), formatBytes(total)), left].filter(Boolean).join(' · ');
}

function sum(some: readonly Upload[], field: 'loadedBytes' | 'sizeBytes' | 'bytesPerSecond'): number {
  return some.reduce((total, upload) => total + (upload[field] ?? 0), 0);
}

function isNarrow(): boolean {
  return matchMedia('(width < 56rem)').matches;
}

declare global {
  interface HTMLElementTagNameMap {
    'upload-tray': UploadTray;
  }
}
