import { hasFilter } from '../ffmpeg/ffmpeg';
import type { Stream } from '../ffmpeg/probe';

export const isHdr = ({ color_transfer }: Stream): boolean =>
  color_transfer === 'smpte2084' || color_transfer === 'arib-std-b67';

/** Filters that map HDR to SDR; none for other videos, or when ffmpeg was built without zimg. */
export async function toneMapping(videoStream: Stream): Promise<string[]> {
  if (!isHdr(videoStream) || !(await hasFilter('zscale')) || !(await hasFilter('tonemap'))) return [];
  // Primaries and matrix are explicit: zscale rejects files that leave them unspecified.
  const linear = `zscale=tin=${videoStream.color_transfer}:pin=bt2020:min=bt2020nc:t=linear:npl=100`;
  return [linear, 'format=gbrpf32le', 'zscale=p=bt709', 'tonemap=hable:desat=0', 'zscale=t=bt709:m=bt709:r=tv'];
}
