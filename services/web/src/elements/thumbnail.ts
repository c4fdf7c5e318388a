import type { Media } from '#contracts';
import { h } from '../dom';
import { icon } from '../icons';

/** The picture of a medium, or the sign of its kind. The title stands beside it, so it needs no words of its own. */
export function thumbnail(media: Media): HTMLElement {
  const frame = h('div', { class: 'thumbnail', 'data-kind': media.kind }, icon(media.kind));
  if (!media.thumbnailUrl) return frame;
  const picture = h('img', { src: media.thumbnailUrl, alt: '', loading: 'lazy', decoding: 'async', draggable: 'false' });
  picture.addEventListener('load', () => frame.classList.add('loaded'));
  picture.addEventListener('error', () => picture.remove());
  frame.append(picture);
  return frame;
}
