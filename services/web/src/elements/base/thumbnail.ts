import type { Media } from '#contracts';
import { h } from '../../ui/dom';
import { icon } from '../../ui/icons';
import { placeholder } from './placeholder';

/**
 * Builds the picture of a medium; until it is loaded, its placeholder or the icon of its kind. Its `alt` is empty,
 * because the title is beside it.
 */
export function thumbnail(media: Media): HTMLElement {
  const frame = h(
    'div',
    { class: 'thumbnail', 'data-kind': media.kind, 'data-sensitive': media.flagged },
    icon(media.kind),
  );
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
  // A cached picture is complete at once and needs no placeholder.
  const rough = picture.complete ? null : placeholder(media.placeholder);
  if (picture.complete) frame.classList.add('loaded', 'at-once');
  frame.append(...(rough ? [rough] : []), picture);
  return frame;
}
