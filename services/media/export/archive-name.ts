import type { MediaItem } from '#media';

/** File systems take 255 bytes of a name; the id and the ending need some of them. */
const MAX_STEM_BYTES = 180;

/** Where an original lies in an archive: unique, the same every time, and a name that every system can unpack. */
export function archiveName({ id, filename }: Pick<MediaItem, 'id' | 'filename'>): string {
  const ending = /(?<=.)\.[A-Za-z0-9]{1,8}$/.exec(filename)?.[0] ?? '';
  const stem = filename
    .slice(0, filename.length - ending.length)
    .replaceAll(/[<>:"/\\|?*\p{Cc}]/gu, '_')
    .replace(/^[.\s-]+/, '');
  return `originals/${shortened(stem) || 'unnamed'}-${id}${ending}`;
}

function shortened(stem: string): string {
  let bytes = 0;
  return [...stem]
    .filter((character) => (bytes += Buffer.byteLength(character)) <= MAX_STEM_BYTES)
    .join('')
    .trim();
}
