import type { MediaItem } from '#media';
import { downloadName } from '../bytes/download-name';

/** File systems allow names of 255 bytes; the id and the extension need some of them. */
const MAX_STEM_BYTES = 180;

/** Returns the path of an original in the archive: unique, stable, and valid on every system. */
export function archiveName(item: Pick<MediaItem, 'id' | 'filename' | 'contentType'>): string {
  const filename = downloadName(item);
  const extension = /(?<=.)\.[A-Za-z0-9]{1,8}$/.exec(filename)?.[0] ?? '';
  const stem = filename
    .slice(0, filename.length - extension.length)
    .replaceAll(/[<>:"/\\|?*\p{Cc}]/gu, '_')
    .replace(/^[.\s-]+/, '');
  return `originals/${truncate(stem) || 'unnamed'}-${item.id}${extension}`;
}

function truncate(stem: string): string {
  let bytes = 0;
  return [...stem]
    .filter((character) => (bytes += Buffer.byteLength(character)) <= MAX_STEM_BYTES)
    .join('')
    .trim();
}
