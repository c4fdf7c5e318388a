import { messageOf } from '../../network/problem';
import { oncePerFrame } from '../../ui/coalesce';
import { confirmDialog } from '../../ui/confirm-dialog';
import { fill, h, setText } from '../../ui/dom';
import { formatBytes, formatWait } from '../../ui/format';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';
import { toast } from '../../ui/toasts';
import { RateMeter } from '../../upload/queue/rate-meter';
import { sectionsOf, type Section } from '../../upload/queue/sections';
import type { Totals } from '../../upload/queue/tally';
import type { Upload } from '../../upload/queue/upload';
import { uploads } from '../../upload/uploads';
import { progressBar } from '../base/progress-bar';
import { SignalElement } from '../base/signal-element';
import { showOutcome } from './outcome-toast';

/** More uploads than this with the same outcome are folded into one row. */
const foldBeyond = 12;
/** Cancelling more uploads than this needs a confirmation, because their files would have to be chosen again. */
const confirmCancelAbove = 5;
const announceMs = 10_000;
/** The least time between two redraws: drawing in every frame would slow down the upload of a thousand files. */
const drawGapMs = 200;

type Item = { upload: Upload } | { section: Section };

/**
 * The list of all uploads: active ones first, ended ones last. It is outside the page outlet, so that it survives
 * navigation; on the upload page the style sheet puts it into the page, elsewhere into the corner.
 */
export class UploadTray extends SignalElement {
  #items = new Map<string, Item>();
  #opened = new Set<string>();
  #list = h('virtual-list');
  #summary = h('p', { class: 'tray-summary' });
  #bytes = h('p', { class: 'tray-bytes' });
  #announcer = h('p', { class: 'visually-hidden', role: 'status' });
  #announcedAtMs = Number.NEGATIVE_INFINITY;
  #meter = newMeter();
  #toggle = h(
    'button',
    {
      type: 'button',
      class: 'icon-button tray-toggle',
      'aria-controls': 'tray-rows',
      'aria-expanded': 'true',
      'aria-label': texts.upload.collapse,
      onclick: () => this.#setCollapsed(!this.hasAttribute('data-collapsed')),
    },
    icon('down'),
  );
  #total = progressBar(texts.upload.totalProgress);
  #pause = action(texts.upload.pauseAll, () => uploads.pauseAll());
  #resume = action(texts.upload.resumeAll, () => uploads.resumeAll());
  #retry = action(texts.upload.retryFailed, () => void retryFailed());
  #cancel = action(texts.upload.cancelAll, () => void cancelAll());
  #clear = action(texts.upload.clearFinished, () => uploads.clearSettled());
  readonly #schedule = oncePerFrame(() => this.#draw(), drawGapMs);

  protected connected(signal: AbortSignal): void {
    this.setAttribute('role', 'region');
    this.setAttribute('aria-label', texts.upload.trayTitle);
    this.#list.draw = (key, row) => this.#drawRow(key, row);
    fill(
      this,
      h('div', { class: 'tray-head' }, h('h2', {}, texts.upload.trayTitle), this.#summary, this.#bytes, this.#toggle),
      this.#total.element,
      h('div', { class: 'tray-actions' }, this.#pause, this.#resume, this.#retry, this.#cancel, this.#clear),
      h('div', { class: 'tray-rows', id: 'tray-rows' }, this.#list),
      this.#announcer,
    );
    // On a phone it would cover the page, so it begins collapsed.
    if (isNarrow()) this.#setCollapsed(true);
    uploads.changed.on(() => this.#schedule(), signal);
    uploads.batches.settled.on(showOutcome, signal);
    // Ended uploads should not cover the next page; the summary stays.
    globalThis.addEventListener(
      'snapstream:navigate',
      () => !this.hasAttribute('data-busy') && this.#setCollapsed(true),
      { signal },
    );
    this.#draw();
  }

  #draw(): void {
    const before = this.#items.size;
    const items = sectionsOf(uploads.queue.all).flatMap((section) => this.#itemsOf(section));
    this.#items = new Map(items);
    if (this.#items.size > before && !isNarrow()) this.#setCollapsed(false);
    this.#list.show([...this.#items.keys()]);
    this.#summarise();
  }

  #itemsOf(section: Section): [string, Item][] {
    const rows = section.uploads.map((upload): [string, Item] => [upload.id, { upload }]);
    if (!isFoldable(section)) return rows;
    return [[`fold ${section.key}`, { section }], ...(this.#opened.has(section.key) ? rows : [])];
  }

  #drawRow(key: string, row: HTMLElement | undefined): HTMLElement {
    const item = this.#items.get(key)!;
    if ('upload' in item) {
      const element = (row as HTMLElementTagNameMap['upload-row'] | undefined) ?? h('upload-row');
      element.upload = item.upload;
      return element;
    }
    const element =
      (row as HTMLElementTagNameMap['upload-fold'] | undefined) ??
      h('upload-fold', { 'ontoggle-fold': () => this.#toggleFold(item.section.key) });
    element.show(item.section, this.#opened.has(item.section.key));
    return element;
  }

  #toggleFold(key: string): void {
    if (!this.#opened.delete(key)) this.#opened.add(key);
    this.#draw();
  }

  #summarise(): void {
    const totals = uploads.queue.tally.current;
    const all = uploads.queue.tally.all;
    const { files, open, unsent, paused, missing } = totals;
    const text = [open > 0 && texts.upload.done(files - open, files), texts.upload.outcome(totals)]
      .filter(Boolean)
      .join(' · ');
    setText(this.#summary, text);
    setText(this.#bytes, this.#bytesOf(totals));
    this.#total.element.hidden = open === 0 || files < 2;
    this.#total.set(totals.bytes > 0 ? (totals.sentBytes / totals.bytes) * 100 : null);
    this.toggleAttribute('data-empty', uploads.queue.size === 0);
    this.toggleAttribute('data-busy', all.open > 0);
    this.#pause.hidden = unsent - paused < 2;
    this.#resume.hidden = paused < 2;
    this.#retry.hidden = all.retryable < 2;
    this.#cancel.hidden = unsent + missing < 2;
    this.#clear.hidden = uploads.queue.size === all.open + all.missing;
    if (open === 0) this.#meter = newMeter();
    this.#announce(text, open === 0);
  }

  /** Bytes and remaining time of all unsent files; empty for one file, whose row shows them. */
  #bytesOf({ files, unsent, paused, bytes, sentBytes }: Totals): string {
    const perSecond = this.#meter.measure(uploads.queue.tally.all.sentBytes, performance.now()) ?? 0;
    if (files < 2 || unsent === 0) return '';
    const left = perSecond > 0 && unsent > paused && texts.upload.left(formatWait((bytes - sentBytes) / perSecond));
    return [texts.upload.sending(formatBytes(sentBytes), formatBytes(bytes)), left].filter(Boolean).join(' · ');
  }

  /** Announces the totals at the start, every ten seconds and at the end, not per file. */
  #announce(text: string, isOver: boolean): void {
    const nowMs = performance.now();
    if (!isOver && nowMs - this.#announcedAtMs < announceMs) return;
    this.#announcedAtMs = isOver ? Number.NEGATIVE_INFINITY : nowMs;
    setText(this.#announcer, text);
  }

  #setCollapsed(collapsed: boolean): void {
    this.toggleAttribute('data-collapsed', collapsed);
    this.#toggle.setAttribute('aria-expanded', String(!collapsed));
    this.#toggle.setAttribute('aria-label', collapsed ? texts.upload.expand : texts.upload.collapse);
  }
}

/** Long samples, because many small files finish in bursts, which would make the rate unsteady. */
const newMeter = () => new RateMeter(performance.now(), 2_000);
const endedStatuses = new Set(['refused', 'error', 'failed', 'missing', 'duplicate', 'cancelled', 'completed']);
const isFoldable = ({ status, uploads: rows }: Section) => rows.length > foldBeyond && endedStatuses.has(status);

async function retryFailed(): Promise<void> {
  await uploads.retryFailed().catch((error: unknown) => toast(messageOf(error), 'bad'));
}

async function cancelAll(): Promise<void> {
  const { unsent, missing } = uploads.queue.tally.all;
  const question = {
    title: texts.upload.cancelAllTitle(unsent + missing),
    lead: texts.upload.cancelAllLead,
    confirm: texts.upload.cancelAllConfirm,
    dismiss: texts.upload.keepUploading,
  };
  if (unsent + missing <= confirmCancelAbove || (await confirmDialog(question))) uploads.cancelAll();
}

function action(label: string, onclick: () => void): HTMLButtonElement {
  return h('button', { type: 'button', class: 'button small', onclick }, label);
}

function isNarrow(): boolean {
  return matchMedia('(width < 56rem)').matches;
}

declare global {
  interface HTMLElementTagNameMap {
    'upload-tray': UploadTray;
  }
}
