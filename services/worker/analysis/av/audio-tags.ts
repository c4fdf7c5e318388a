import { type IAudioMetadata, parseFile } from 'music-metadata';
import type { Input } from '../ffmpeg/ffmpeg';

export interface AudioTags {
  facts: Record<string, unknown>;
  /** Encoded bytes of the cover art; untrusted. */
  cover: Buffer | null;
}

/** Reads tags and cover art; returns none when they cannot be parsed, since the file may still play. */
export async function readTags({ path, contentType }: Input): Promise<AudioTags> {
  const parsed = await parseFile(path, { duration: false }).catch(() => null);
  // music-metadata takes samples of an RF64 for frames of MP3
  const isMistaken = contentType === 'audio/wav' && parsed?.format.container !== 'WAVE';
  if (!parsed || isMistaken) return { facts: {}, cover: null };
  const picture = parsed.common.picture?.find(({ type }) => type === 'Cover (front)') ?? parsed.common.picture?.[0];
  return { facts: audioFacts(parsed), cover: picture ? Buffer.from(picture.data) : null };
}

function audioFacts({ common, format }: IAudioMetadata): Record<string, unknown> {
  return {
    title: common.title,
    artist: common.artist,
    album: common.album,
    albumArtist: common.albumartist,
    composer: common.composer,
    genre: common.genre,
    year: common.year,
    track: common.track.no,
    disc: common.disk.no,
    bpm: common.bpm,
    copyright: common.copyright,
    comment: common.comment?.map(({ text }) => text),
    lyrics: common.lyrics?.map(({ text }) => text),
    bitsPerSecond: format.bitrate && Math.round(format.bitrate),
    bitsPerSample: format.bitsPerSample,
  };
}
