import type { Media } from '#contracts';
import { fill, h, setText } from '../../ui/dom';
import { icon, type IconName } from '../../ui/icons';
import { texts } from '../../ui/texts';
import { fitted, panBy, zoomAt, type Limits, type Zoom } from '../../ui/zoom';
import { placeholder } from '../base/placeholder';
import { SignalElement } from '../base/signal-element';
import { connectZoom, type ZoomTarget } from './zoom-gestures';

const step = 1.5;
const closeUp = 2.5;
/** The largest zoom, in CSS pixels per pixel of the original. */
const largestPixel = 4;
const panStepPx = 80;
const middle = { x: 0, y: 0 };
const pans: Record<string, [x: number, y: number]> = {
  ArrowLeft: [1, 0],
  ArrowRight: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/**
 * A picture that can be zoomed and panned. It begins with the preview, and loads the original when the zoom needs more
 * detail. Set `media` before it is added to the page; `unshowable` builds the message where the browser cannot show it.
 */
export class ImageViewer extends SignalElement implements ZoomTarget {
  media: Media | undefined;
  unshowable: () => HTMLElement = () => h('div');
  #zoom = fitted;
  #picture = h('div', { class: 'viewer-picture' });
  #image = h('img', { decoding: 'async', draggable: 'false' });
  #percent = h('output', { class: 'viewer-percent', 'aria-live': 'polite' });
  #buttons = {
    out: this.#button('minus', texts.media.zoomOut, () => this.zoomBy(1 / step, middle)),
    in: this.#button('plus', texts.media.zoomIn, () => this.zoomBy(step, middle)),
    fit: this.#button('fit', texts.media.zoomFit, () => this.#set(fitted)),
  };
  #hasOriginal = false;

  get zoom(): Zoom {
    return this.#zoom;
  }

  protected connected(signal: AbortSignal): void {
    const { media } = this;
    if (!media) return;
    this.#picture.style.setProperty('--width', String(media.width ?? 1600));
    this.#picture.style.setProperty('--height', String(media.height ?? 1200));
    this.#image.alt = media.description || media.title;
    this.#image.addEventListener('load', () => this.#picture.classList.add('loaded'), { signal });
    this.#image.addEventListener('error', () => this.#fallBack(media), { signal });
    this.#image.src = media.previewUrl ?? media.originalUrl;
    fill(this.#picture, placeholder(media.placeholder), this.#image);
    fill(
      this,
      this.#picture,
      h(
        'div',
        { class: 'viewer-tools', role: 'toolbar', 'aria-label': texts.media.zoom },
        this.#buttons.out,
        this.#percent,
        this.#buttons.in,
        this.#buttons.fit,
      ),
    );
    connectZoom(this, this);
    const observer = new ResizeObserver(() => this.#set(panBy(this.#zoom, 0, 0, this.#limits)));
    observer.observe(this);
    signal.addEventListener('abort', () => observer.disconnect(), { once: true });
  }

  zoomBy(factor: number, point: { x: number; y: number }): void {
    this.#set(zoomAt(this.#zoom, factor, point, this.#limits));
  }

  panBy(x: number, y: number): void {
    this.#set(panBy(this.#zoom, x, y, this.#limits));
  }

  toggleAt(point: { x: number; y: number }): void {
    if (this.#zoom.scale > 1) this.#set(fitted);
    else this.zoomBy(closeUp, point);
  }

  /** Handles + - 0, and Escape and the arrows while zoomed. Returns true when the key was handled. */
  key(key: string): boolean {
    const pan = pans[key];
    if (key === '+' || key === '=') this.zoomBy(step, middle);
    else if (key === '-') this.zoomBy(1 / step, middle);
    else if (key === '0' || (key === 'Escape' && this.#zoom.scale > 1)) this.#set(fitted);
    else if (pan && this.#zoom.scale > 1) this.panBy(pan[0] * panStepPx, pan[1] * panStepPx);
    else return false;
    return true;
  }

  get #limits(): Limits {
    const picture = { width: this.#picture.offsetWidth, height: this.#picture.offsetHeight };
    const largest = Math.max(closeUp, (largestPixel * (this.media?.width ?? 0)) / Math.max(1, picture.width));
    return { frame: { width: this.clientWidth, height: this.clientHeight }, picture, largest };
  }

  #set(zoom: Zoom): void {
    const { picture, largest } = this.#limits;
    this.#zoom = zoom;
    this.#picture.style.transform = `translate(${zoom.x}px, ${zoom.y}px) scale(${zoom.scale})`;
    this.toggleAttribute('data-zoomed', zoom.scale > 1);
    this.#buttons.out.disabled = zoom.scale === 1;
    this.#buttons.fit.disabled = zoom.scale === 1;
    this.#buttons.in.disabled = zoom.scale >= largest;
    setText(
      this.#percent,
      `${Math.round((100 * zoom.scale * picture.width) / (this.media?.width ?? picture.width))} %`,
    );
    if (picture.width * zoom.scale * devicePixelRatio > this.#image.naturalWidth) void this.#loadOriginal();
  }

  /** Shows the original once it is decoded, without flicker; the preview stays where the browser cannot decode it. */
  async #loadOriginal(): Promise<void> {
    const { media } = this;
    if (!media || this.#hasOriginal || !this.#image.complete || (media.width ?? 0) <= this.#image.naturalWidth) return;
    this.#hasOriginal = true;
    const original = h('img', { src: media.originalUrl });
    await original
      .decode()
      .then(() => (this.#image.src = media.originalUrl))
      .catch(() => undefined);
  }

  #fallBack(media: Media): void {
    if (this.#image.src.endsWith(media.originalUrl)) this.replaceWith(this.unshowable());
    else this.#image.src = media.originalUrl;
  }

  #button(name: IconName, label: string, onclick: () => void): HTMLButtonElement {
    return h(
      'button',
      { type: 'button', class: 'icon-button', 'aria-label': label, title: label, onclick },
      icon(name),
    );
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'image-viewer': ImageViewer;
  }
}
