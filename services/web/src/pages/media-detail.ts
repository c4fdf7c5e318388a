import type { Media } from '#contracts';
import { removeMedia } from '../actions/removals';
import type { AnalysisPanel } from '../elements/analysis/analysis-panel';
import { problemState } from '../elements/base/page-parts';
import { statusBadge } from '../elements/base/status-badge';
import { AboutForm } from '../elements/media/about-form';
import { connectFullView, fullViewKey } from '../elements/media/full-view';
import { ItemSteps } from '../elements/media/item-steps';
import { factsPanel, historyPanel, metadataPanel } from '../elements/media/media-panels';
import { mediaStage, stageKey } from '../elements/media/media-stage';
import { onSwipe } from '../elements/media/swipe';
import { api, downloadUrl } from '../network/api';
import { live } from '../network/live';
import { load } from '../network/load';
import { ApiProblem } from '../network/problem';
import { isOlder } from '../state/freshness';
import { libraries } from '../state/libraries';
import { libraryPath } from '../state/library';
import { cameFrom, goBackTo, pageTitle, type Page, type PageContext } from '../state/router';
import { fill, h, setText } from '../ui/dom';
import { icon } from '../ui/icons';
import { texts } from '../ui/texts';
import { toast } from '../ui/toasts';

/** Builds the page `/media/:id`. */
export function mediaDetailPage({ params, signal }: PageContext): Page {
  void libraries.recall(cameFrom(), params['id'] ?? '');
  const view = new MediaDetail(params['id'] ?? '', signal);
  return { title: texts.library.title, content: view.element, ready: view.read() };
}

class MediaDetail {
  readonly #title = h('h1', { tabindex: -1, class: 'detail-title', dir: 'auto' }, texts.loading);
  readonly #status = h('div', { class: 'detail-status' });
  readonly #actions = h('div', { class: 'page-actions' });
  readonly #back = backLink();
  readonly #stage = h('div', { class: 'stage skeleton' });
  readonly #side = h('div', { class: 'detail-side' });
  readonly #facts = h('div', { class: 'detail-facts' });
  readonly #found = h('div', { class: 'detail-facts' });
  readonly element = h('div', { class: 'detail' });
  readonly #id: string;
  readonly #signal: AbortSignal;
  readonly #steps: ItemSteps;
  #media: Media | null = null;
  #stageKey = '';
  #about: AboutForm | undefined;
  #analysis: AnalysisPanel | undefined;

  constructor(id: string, signal: AbortSignal) {
    this.#id = id;
    this.#signal = signal;
    this.#steps = new ItemSteps(id, signal);
    const tools = h('div', { class: 'detail-tools' }, this.#steps.element, connectFullView(this.element, signal));
    this.element.append(
      h(
        'header',
        { class: 'detail-head' },
        h('div', { class: 'detail-way' }, this.#back, tools),
        h('div', { class: 'detail-line' }, this.#title, this.#status),
        this.#actions,
      ),
      h(
        'div',
        { class: 'detail-columns' },
        h('div', { class: 'detail-main' }, this.#stage, this.#steps.edges),
        this.#side,
      ),
    );
    live.media.on((media) => this.#applyUpdate(media), signal);
    live.mediaDeleted.on((deleted) => deleted === id && this.#leaveDeleted(), signal);
    live.refetch.on(() => void this.read(), signal);
    document.addEventListener('keydown', (event) => this.#key(event), { signal });
    onSwipe(this.#stage, (direction) => this.#steps.go(direction));
    const known = libraries.known(id);
    if (known) this.#show(known);
  }

  /** Reads the medium and shows it, or the problem. */
  async read(): Promise<void> {
    try {
      this.#show(await load(() => api.medium(this.#id, this.#signal), this.#signal));
    } catch (error) {
      if (!this.#signal.aborted) this.#showProblem(error);
    }
  }

  #applyUpdate(media: Media): void {
    if (media.id !== this.#id || (this.#media && isOlder(media, this.#media))) return;
    this.#show(media);
  }

  #show(media: Media): void {
    const first = this.#media === null;
    this.#media = media;
    setText(this.#title, media.title);
    pageTitle.set(media.title);
    if (this.#status.dataset['status'] !== media.status) fill(this.#status, statusBadge(media.status));
    this.#status.dataset['status'] = media.status;
    this.element.dataset['mediaId'] = media.id;
    this.element.dataset['status'] = media.status;
    this.#showStage(media);
    if (this.#about) this.#about.show(media);
    else this.#about = new AboutForm(media, this.#signal);
    void this.#showAnalysis(media);
    fill(this.#facts, factsPanel(media), historyPanel(media), metadataPanel(media));
    if (!first) return;
    libraries.viewed = media.id;
    this.#steps.show();
    fill(this.#side, this.#about.element, this.#found, this.#facts);
    fill(this.#actions, ...this.#buttons());
  }

  /** Rebuilds the stage only when its key changes, so that a player continues while other fields change. */
  #showStage(media: Media): void {
    const key = stageKey(media);
    if (key !== this.#stageKey) {
      this.#stage.classList.remove('skeleton');
      fill(this.#stage, mediaStage(media));
    }
    this.#stageKey = key;
    const bar = this.#stage.querySelector<HTMLElement>('[role="progressbar"]');
    bar?.setAttribute('aria-valuenow', String(media.progress));
    bar?.style.setProperty('--share', `${media.progress}%`);
  }

  /** Adds the panel of what was found in the medium, whose code is loaded when the first one is opened. */
  async #showAnalysis(media: Media): Promise<void> {
    if (media.status !== 'completed') return;
    const { AnalysisPanel: Panel } = await import('../elements/analysis/analysis-panel');
    if (this.#signal.aborted) return;
    this.#analysis ??= new Panel(media, this.#stage, this.#signal);
    if (!this.#analysis.element.isConnected) this.#found.append(this.#analysis.element);
    this.#analysis.show(this.#media ?? media);
  }

  #buttons(): HTMLElement[] {
    const media = (): Media => this.#media as Media;
    return [
      h('a', { class: 'button', href: downloadUrl(media()), download: true }, icon('download'), texts.media.download),
      h(
        'button',
        { type: 'button', class: 'button danger-quiet', onclick: () => this.#remove(media()) },
        icon('trash'),
        texts.media.delete,
      ),
    ];
  }

  /** Deletes the medium and returns to the list, to the card after it. */
  #remove(media: Media): void {
    const { previous, next } = libraries.beside(media.id);
    libraries.viewed = (next ?? previous)?.id ?? null;
    removeMedia([media]);
    goBackTo(listPath(), { replace: true });
  }

  /** Returns to the list after another tab or device deleted the medium. */
  #leaveDeleted(): void {
    toast(texts.removal.done(1, this.#media?.title ?? ''));
    goBackTo(listPath(), { replace: true });
  }

  #key(event: KeyboardEvent): void {
    const busy = (event.target as Element).closest('input, textarea, select, video, audio, dialog, [role="slider"]');
    if (busy || event.altKey || event.ctrlKey || event.metaKey || document.querySelector('dialog[open]')) return;
    if (this.#stage.querySelector('image-viewer')?.key(event.key)) event.preventDefault();
    else if (event.key === 'ArrowLeft') this.#steps.go(-1);
    else if (event.key === 'ArrowRight') this.#steps.go(1);
    else if (fullViewKey(event.key)) event.preventDefault();
    else if (event.key === 'Escape') goBackTo(listPath());
  }

  #showProblem(error: unknown): void {
    const isMissing = error instanceof ApiProblem && error.status === 404;
    if (!isMissing) return fill(this.element, problemState(error));
    fill(
      this.element,
      h(
        'div',
        { class: 'empty' },
        h('div', { class: 'empty-sign' }, icon('search')),
        h('h1', { tabindex: -1 }, texts.media.notFoundTitle),
        h('p', {}, texts.media.notFoundLead),
        h('a', { class: 'button', href: '/media' }, texts.media.back),
      ),
    );
  }
}

/** Builds the link to the list, which goes back in the history when the user came from there. */
function backLink(): HTMLElement {
  const path = listPath();
  const back = (event: Event): void => {
    event.preventDefault();
    goBackTo(path);
  };
  return h('a', { class: 'back', href: path, onclick: back }, icon('left'), texts.media.back);
}

function listPath(): string {
  const { last } = libraries;
  return last ? libraryPath(last.filter) : '/media';
}
