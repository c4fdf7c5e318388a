import { thumbHashToRGBA } from 'thumbhash';
import { h } from '../../ui/dom';

/** Draws a ThumbHash, which shows colours and rough shape of a picture until it is loaded; null without a hash. */
export function placeholder(hash: string | null): HTMLCanvasElement | null {
  if (!hash) return null;
  const bytes = Uint8Array.from(atob(hash), (character) => character.charCodeAt(0));
  const { w: width, h: height, rgba } = thumbHashToRGBA(bytes);
  const canvas = h('canvas', { class: 'placeholder', width, height, 'aria-hidden': 'true' });
  canvas.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(rgba), width, height), 0, 0);
  return canvas;
}
