import { type IAudioMetadata, parseFile } from 'music-metadata';

export interface SoundTags {
  facts: Record<string, unknown>;
  /** Encoded bytes of the cover art, not to be trusted. */
  cover: Buffer | null;
}

/** Tags and cover art. A file that plays is good even when its tags are not: then there are none. */
export async function readTags(path: string): Promise<SoundTags> {
  const parsed = await parseFile(path, { duration: false }).catch(() => null);
  if (!parsed) return { facts: {}, cover: null };
  const picture = parsed.common.picture?.find(({ type }) => type === 'Cover (front)') ?? parsed.common.picture?.[0];
  return { facts: soundFacts(parsed), cover: picture ? Buffer.from(picture.data) : null };
}

function soundFacts({ common, format }: IAudioMetadata): Record<string, unknown> {
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
