import type { Probe, Stream } from '../ffmpeg/probe';
import { isHdr } from './tone-mapping';

/** Metadata of a video; missing and impossible values are omitted. */
export function videoTags({ format, streams }: Probe, videoStream: Stream): Record<string, unknown> {
  const tags = Object.fromEntries(Object.entries(format.tags).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    title: tags.title,
    artist: tags.artist,
    album: tags.album,
    genre: tags.genre,
    comment: tags.comment,
    description: tags.description,
    copyright: tags.copyright,
    cameraMake: tags['com.apple.quicktime.make'] ?? tags.make,
    cameraModel: tags['com.apple.quicktime.model'] ?? tags.model,
    software: tags['com.apple.quicktime.software'] ?? tags.encoder,
    takenAt: takenAt(tags['com.apple.quicktime.creationdate'] ?? tags.creation_time),
    gps: place(tags['com.apple.quicktime.location.iso6709'] ?? tags.location),
    framesPerSecond: framesPerSecond(videoStream.avg_frame_rate),
    pixelFormat: videoStream.pix_fmt,
    hdr: isHdr(videoStream) || undefined,
    audioTracks: streams.filter(({ codec_type }) => codec_type === 'audio').length,
  };
}

/** Omits the epoch of the format (1904 or 1970), which cameras without a clock write. */
function takenAt(text: string | undefined): string | undefined {
  const match = /^((?:19[89]|20)\d+-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?$/.exec(
    text ?? '',
  );
  if (!match || Number.isNaN(Date.parse(`${match[1]}Z`))) return undefined;
  return `${match[1]}${(match[2] ?? '').replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2')}`;
}

/** ISO 6709, as phones write it: `+48.8577+002.2950+035/`. */
function place(text: string | undefined): { latitude: number; longitude: number } | undefined {
  const match = /^([+-]\d{2}(?:\.\d+)?)([+-]\d{3}(?:\.\d+)?)/.exec(text ?? '');
  if (!match) return undefined;
  const [latitude, longitude] = [Number(match[1]), Number(match[2])];
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : undefined;
}

function framesPerSecond(ratio: string): number | undefined {
  const [frames = 0, seconds = 0] = ratio.split('/').map(Number);
  return frames > 0 && seconds > 0 ? Math.round((frames / seconds) * 1_000) / 1_000 : undefined;
}
