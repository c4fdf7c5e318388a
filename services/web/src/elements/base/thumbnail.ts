import type { Media } from '#contracts';
import { h } from '../../ui/dom';
import { icon } from '../../ui/icons';
import { placeholder } from './placeholder';

/**
 * The picture of a medium; until it is loaded its rough colours, or the sign of its kind. The title stands beside it, so
 * it needs no words of its own.
 */
export function thumbnail(media: Media): HTMLElement {
  const frame = h('div', { class: 'thumbnail', 'data-kind': media.kind }, icon(media.kind));
  if (!media.thumbnailUrl) return frame;
  const picture = h('img', {
    src: media.thumbnailUrl,
    alt: '',
    loading: 'lazy',
    decoding: 'async',
    draggable: 'false',
  });
  picture.addEventListener('load', () => frame.classList.add('loaded'));
  picture.addEventListener('error', () => picture.remove());
  // What was shown before is there at once: no need to paint, nor to fade.
  const rough = picture.complete ? null : placeholder(media.placeholder);
  if (picture.complete) frame.classList.add('loaded', 'at-once');
  frame.append(...(rough ? [rough] : []), picture);
  return frame;
}
