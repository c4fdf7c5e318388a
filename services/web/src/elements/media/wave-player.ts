import type { Media, Waveform } from '#contracts';
import { api } from '../../network/api';
import { load } from '../../network/load';
import { fill, h, setText } from '../../ui/dom';
import { formatClock } from '../../ui/format';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';
import { SignalElement } from '../base/signal-element';
import { drawWave } from './wave-drawing';

/** Plays a sound, with its waveform as the slider. Set `media` before it is added to the page. */
export class WavePlayer extends SignalElement {
  media: Media | undefined;
  #audio = h('audio', { preload: 'metadata' });
  #canvas = h('canvas', { class: 'wave-canvas', 'aria-hidden': 'true' });
  #range = h('input', {
    type: 'range',
    class: 'wave-range',
    min: 0,
    max: 1000,
    step: 1,
    value: 0,
    'aria-label': texts.player.seek,
  });
  #toggle = h('button', { type: 'button', class: 'play-button', 'aria-label': texts.player.play }, icon('play'));
  #time = h('p', { class: 'wave-time' });
  #problem = h('p', { class: 'notice', hidden: true }, texts.player.unplayable);
  #wave: Waveform | null = null;

  protected connected(signal: AbortSignal): void {
    const { media } = this;
    if (!media) return;
    fill(
      this,
      this.#toggle,
      h('div', { class: 'wave-track' }, this.#canvas, this.#range),
      this.#time,
      this.#audio,
      this.#problem,
    );
    this.#listen(signal, media);
    this.#audio.src = media.previewUrl ?? media.originalUrl;
    void this.#loadWave(media, signal);
    this.#show();
    signal.addEventListener('abort', () => this.#audio.pause(), { once: true });
  }

  #listen(signal: AbortSignal, media: Media): void {
    const audio = this.#audio;
    this.#toggle.addEventListener('click', () => this.#playOrPause(), { signal });
    this.#range.addEventListener('input', () => this.#seek(), { signal });
    this.#range.addEventListener('keydown', (event) => this.#key(event), { signal });
    for (const name of ['timeupdate', 'seeked', 'loadedmetadata', 'play', 'pause', 'ended'])
      audio.addEventListener(name, () => this.#show(), { signal });
    audio.addEventListener('play', () => this.#animate(), { signal });
    audio.addEventListener('error', () => this.#fallBack(media), { signal });
    const observer = new ResizeObserver(() => this.#draw());
    observer.observe(this.#canvas);
    signal.addEventListener('abort', () => observer.disconnect(), { once: true });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#draw(), { signal });
  }

  /** Tries the original after the preview, then shows that neither is playable. */
  #fallBack(media: Media): void {
    if (!this.#audio.src.endsWith(media.originalUrl)) this.#audio.src = media.originalUrl;
    else this.#problem.hidden = false;
  }

  async #loadWave(media: Media, signal: AbortSignal): Promise<void> {
    this.#wave = await load(() => api.waveform(media.id, signal), signal).catch(() => null);
    this.#show();
  }

  get #duration(): number {
    const { duration } = this.#audio;
    return Number.isFinite(duration) ? duration : (this.media?.durationSeconds ?? this.#wave?.durationSeconds ?? 0);
  }

  #playOrPause(): void {
    const audio = this.#audio;
    if (audio.paused) void audio.play();
    else audio.pause();
  }

  /** Moves by whole seconds, which are visible and spoken; the slider itself has steps of a thousandth. */
  #key(event: KeyboardEvent): void {
    const seconds = Math.min(5, Math.max(1, this.#duration / 20));
    const steps: Record<string, number> = {
      ArrowRight: seconds,
      ArrowUp: seconds,
      ArrowLeft: -seconds,
      ArrowDown: -seconds,
      PageUp: this.#duration / 10,
      PageDown: -this.#duration / 10,
    };
    const step = steps[event.key];
    if (event.key === ' ') this.#playOrPause();
    else if (step) this.#audio.currentTime = Math.min(this.#duration, Math.max(0, this.#audio.currentTime + step));
    else return;
    event.preventDefault();
    this.#show();
  }

  #seek(): void {
    this.#audio.currentTime = (Number(this.#range.value) / 1000) * this.#duration;
    this.#show();
  }

  #animate(): void {
    if (this.#audio.paused || !this.isConnected) return;
    this.#show();
    requestAnimationFrame(() => this.#animate());
  }

  #show(): void {
    const { paused, currentTime } = this.#audio;
    const now = formatClock(currentTime);
    const total = formatClock(this.#duration);
    const label = paused ? texts.player.play : texts.player.pause;
    if (this.#toggle.getAttribute('aria-label') !== label) {
      this.#toggle.setAttribute('aria-label', label);
      fill(this.#toggle, icon(paused ? 'play' : 'pause'));
    }
    this.#range.value = String(this.#duration ? (currentTime / this.#duration) * 1000 : 0);
    this.#range.setAttribute('aria-valuetext', texts.player.position(now, total));
    setText(this.#time, `${now} / ${total}`);
    this.#draw();
  }

  #draw(): void {
    drawWave(this.#canvas, this.#wave?.peaks ?? [], this.#duration ? this.#audio.currentTime / this.#duration : 0);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'wave-player': WavePlayer;
  }
}
