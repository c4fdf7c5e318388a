import { isExhaustion } from '../exhaustion';
import { MediaFailure } from '../media-failure';

/** Maps errors of libvips to {@link MediaFailure}. */
export async function withMediaFailures<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: Error) => {
    throw toFailure(error);
  });
}

/** One line for each place of a cut file that libheif could not read, before the error itself. */
const SEEKS_OF_LIBHEIF = /^.*bad seek to \d+\n/gm;

/** libvips reports errors as messages only, without codes. */
function toFailure(error: Error): Error {
  const message = error.message.replaceAll(SEEKS_OF_LIBHEIF, '').slice(0, 300);
  if (/ENOENT|Input file is missing/.test(message) || isExhaustion(message)) return error;
  if (/exceeds pixel limit|exceed|[Tt]oo (many|large|big)|out of memory|Maximum supported/.test(message))
    return new MediaFailure('too_complex', message);
  if (/timeout/.test(message)) return new MediaFailure('processing_timeout', message);
  if (/premature end|truncated|read error|end of (file|stream)|not enough|cannot read full/i.test(message))
    return new MediaFailure('truncated_media', message);
  return new MediaFailure('invalid_media', message);
}
