import type { Analysis, AnalyserResults, Media } from '#contracts';
import { api } from '../../network/api';
import { load } from '../../network/load';
import { messageOf } from '../../network/problem';
import { analysisTexts as t } from '../../ui/analysis-texts';
import { fill, h, type Child } from '../../ui/dom';
import { toast } from '../../ui/toasts';
import { problemState } from '../base/page-parts';
import { askToAnalyse } from './analyse-dialog';
import { analysisResult, type ResultPage } from './results';

/** The panel of a completed medium that shows what each analyser found, and starts analyses. */
export class AnalysisPanel {
  readonly #content = h('div', { class: 'analysis' });
  readonly element: HTMLElement;
  readonly #media: Media;
  readonly #stage: HTMLElement;
  readonly #signal: AbortSignal;
  readonly #page: ResultPage;
  #states = '';

  /** `stage`: the viewer or player of the medium. */
  constructor(media: Media, stage: HTMLElement, signal: AbortSignal) {
    this.#media = media;
    this.#stage = stage;
    this.#signal = signal;
    this.#page = {
      mediaId: media.id,
      seek: (seconds) => this.#seek(seconds),
      showBoxes: media.kind === 'image' ? (labels) => this.#showBoxes(labels) : null,
    };
    const analyse = (): void => void askToAnalyse([media]);
    this.element = h(
      'section',
      { class: 'panel', 'data-panel': 'analysis' },
      h(
        'div',
        { class: 'section-head' },
        h('h2', {}, t.title),
        h('button', { type: 'button', class: 'button small', onclick: analyse }, t.analyse),
      ),
      this.#content,
    );
    // Events of a player do not bubble, and the player may be replaced.
    stage.addEventListener('timeupdate', (event) => this.#follow(event.target as HTMLMediaElement), {
      capture: true,
      signal,
    });
    const second = Number(new URLSearchParams(location.search).get('t'));
    if (second > 0) this.#seek(second, false);
  }

  /** Reads the results again when the state of an analysis has changed. */
  show({ analysis }: Media): void {
    const states = JSON.stringify(analysis);
    if (states === this.#states) return;
    this.#states = states;
    void this.#read();
  }

  async #read(): Promise<void> {
    try {
      const { items } = await load(() => api.analysis(this.#media.id, this.#signal), this.#signal);
      fill(this.#content, ...this.#parts(items));
      if (items.some(({ analyser, result }) => analyser === 'speech' && result)) this.#addCaptions();
    } catch (error) {
      if (!this.#signal.aborted)
        fill(
          this.#content,
          problemState(error, () => void this.#read()),
        );
    }
  }

  /** Analyses that found nothing share one sentence. */
  #parts(items: Analysis[]): HTMLElement[] {
    const without: string[] = [];
    const parts: HTMLElement[] = [];
    for (const item of items.filter((one) => !isIrrelevant(one))) {
      const found = item.result ? analysisResult(item.analyser, item.result, this.#page) : this.#state(item);
      if (found.length > 0) parts.push(this.#section(item, found));
      else without.push(t.names[item.analyser]);
    }
    if (without.length > 0) parts.push(h('p', { class: 'analysis-note' }, t.without(without)));
    return parts.length > 0 ? parts : [h('p', { class: 'analysis-note' }, t.none)];
  }

  #section({ analyser, status, provider, model }: Analysis, found: Child[]): HTMLElement {
    return h(
      'section',
      { class: 'analysis-part', 'data-analyser': analyser, 'data-status': status },
      h('h3', { title: t.by(provider, model) }, t.names[analyser]),
      ...found,
    );
  }

  #state({ analyser, status, progress, failure }: Analysis): Child[] {
    const text = status === 'running' && progress > 0 ? t.progress(progress) : t.states[status];
    const retry = (): void =>
      void api.analyse(this.#media.id, { analysers: [analyser] }).catch((error: unknown) => {
        toast(messageOf(error), 'bad');
      });
    return [
      h('p', { class: 'analysis-note', role: 'status' }, failure?.message ?? text),
      failure?.retryable && h('button', { type: 'button', class: 'button small', onclick: retry }, t.retry),
    ];
  }

  get #player(): HTMLMediaElement | null {
    return this.#stage.querySelector('video, audio');
  }

  #seek(seconds: number, play = true): void {
    const player = this.#player;
    if (!player) return;
    const move = (): void => {
      player.currentTime = seconds;
      if (play) void player.play().catch(() => undefined);
    };
    if (player.readyState > 0) move();
    else player.addEventListener('loadedmetadata', move, { once: true, signal: this.#signal });
  }

  /** Marks the part of the transcript that is played, and keeps it visible in its list. */
  #follow({ currentTime }: HTMLMediaElement): void {
    for (const part of this.#content.querySelectorAll<HTMLElement>('[data-from]')) {
      const isPlayed = currentTime >= Number(part.dataset['from']) && currentTime < Number(part.dataset['until']);
      if (isPlayed === part.hasAttribute('aria-current')) continue;
      part.toggleAttribute('aria-current', isPlayed);
      const list = part.parentElement as HTMLElement;
      if (isPlayed && !list.matches(':hover, :focus-within'))
        list.scrollTop = part.offsetTop - list.offsetTop - list.clientHeight / 3;
    }
  }

  #addCaptions(): void {
    const video = this.#stage.querySelector('video');
    if (!video || video.querySelector('track')) return;
    const src = `/api/media/${encodeURIComponent(this.#media.id)}/captions.vtt`;
    video.append(h('track', { kind: 'captions', label: t.captions, src }));
  }

  #showBoxes(labels: AnalyserResults['labels']['labels']): void {
    this.#stage.querySelector('.label-boxes')?.remove();
    const boxes = labels.flatMap(({ name, boxes: places }) => places.map((place) => ({ name, place })));
    if (boxes.length === 0) return;
    const overlay = h('div', { class: 'label-boxes', 'aria-hidden': 'true' });
    for (const { name, place } of boxes) {
      const box = h('div', { class: 'label-box' }, h('span', {}, name));
      Object.assign(box.style, {
        left: percent(place.x),
        top: percent(place.y),
        width: percent(place.width),
        height: percent(place.height),
      });
      overlay.append(box);
    }
    this.#stage.querySelector('.viewer-picture')?.append(overlay);
  }
}

/** What runs by itself and has nothing to read: the mood of a picture without text. */
const isIrrelevant = ({ requestedBy, failure }: Analysis): boolean =>
  requestedBy === 'automatic' && failure?.code === 'no_text';

const percent = (part: number): string => `${100 * part}%`;
