import type { Media } from '#contracts';
import { h } from '../dom';
import { texts } from '../texts';

/** A picture that fits; a click or Enter shows it in full size, where it scrolls. */
export function imageViewer(media: Media, unshowable: () => HTMLElement): HTMLElement {
  const picture = h('img', { src: media.previewUrl ?? media.originalUrl, alt: media.description || media.title, decoding: 'async', draggable: 'false', width: media.width, height: media.height });
  const button = h('button', { type: 'button', class: 'viewer', 'aria-pressed': 'false', 'aria-label': `${media.title}. ${texts.media.zoomIn}`, title: texts.media.zoomIn }, picture);
  const frame = h('div', { class: 'stage-media' }, button);
  button.addEventListener('click', (event) => {
    const zoomed = frame.classList.toggle('zoomed');
    button.setAttribute('aria-pressed', String(zoomed));
    button.title = zoomed ? texts.media.zoomOut : texts.media.zoomIn;
    if (zoomed) scrollTo(frame, picture, event);
  });
  picture.addEventListener('error', () => {
    if (picture.src.endsWith(media.originalUrl)) frame.replaceWith(unshowable());
    else picture.src = media.originalUrl;
  });
  return frame;
}

/** What was under the pointer stays in the middle. */
function scrollTo(frame: HTMLElement, picture: HTMLElement, { offsetX, offsetY, detail }: MouseEvent): void {
  const fromKeyboard = detail === 0;
  const shareX = fromKeyboard ? 0.5 : offsetX / Math.max(1, frame.clientWidth);
  const shareY = fromKeyboard ? 0.5 : offsetY / Math.max(1, frame.clientHeight);
  frame.scrollTo(picture.offsetWidth * shareX - frame.clientWidth / 2, picture.offsetHeight * shareY - frame.clientHeight / 2);
}
