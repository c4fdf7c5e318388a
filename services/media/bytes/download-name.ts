import { formats, type Format } from '#contracts';
import type { MediaItem } from '#media';

/** Formats of one container may share their endings: an mp4 with sound alone keeps `.mp4`. */
const readerOf = ({ reader }: Format) => Object.values(reader).join();

/**
 * Returns the name under which an original is saved. It ends as its type does, which was decided from the bytes: a film
 * that was sent as `p.html` must not be opened as a page from the disk.
 */
export function downloadName({ filename, contentType }: Pick<MediaItem, 'filename' | 'contentType'>): string {
  const format = formats.find((known) => known.contentType === contentType);
  if (!format) return filename;
  const endings = formats.filter((other) => readerOf(other) === readerOf(format)).flatMap((other) => other.extensions);
  const ending = filename.slice(filename.lastIndexOf('.') + 1).toLowerCase();
  return endings.includes(ending) ? filename : `${filename}.${format.extensions[0]}`;
}
