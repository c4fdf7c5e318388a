import { hasFilter } from '../ffmpeg/ffmpeg';
import type { Stream } from '../ffmpeg/probe';

export const isHdr = ({ color_transfer }: Stream): boolean =>
  color_transfer === 'smpte2084' || color_transfer === 'arib-std-b67';

/** The filters that bring HDR into the range of an ordinary screen; none for other videos, or where ffmpeg was built without zimg. */
export async function toneMapping(picture: Stream): Promise<string[]> {
  if (!isHdr(picture) || !(await hasFilter('zscale')) || !(await hasFilter('tonemap'))) return [];
  // Primaries and matrix are named, as zscale refuses files that leave them open.
  const linear = `zscale=tin=${picture.color_transfer}:pin=bt2020:min=bt2020nc:t=linear:npl=100`;
  return [linear, 'format=gbrpf32le', 'zscale=p=bt709', 'tonemap=hable:desat=0', 'zscale=t=bt709:m=bt709:r=tv'];
}
