/**
 * What the server takes (`libs/media/sniff.ts`): name, content type as systems call it, endings of file names.
 * HEIC is not among them, and `image/*` would name it as well: iOS converts to JPEG what `accept` does not name.
 */
const formats: readonly [name: string, contentType: string, endings: string][] = [
  ['JPG', 'image/jpeg', '.jpg,.jpeg'],
  ['PNG', 'image/png', '.png,.apng'],
  ['GIF', 'image/gif', '.gif'],
  ['WebP', 'image/webp', '.webp'],
  ['AVIF', 'image/avif', '.avif'],
  ['TIFF', 'image/tiff', '.tif,.tiff'],
  ['MP4', 'video/mp4', '.mp4,.m4v'],
  ['MOV', 'video/quicktime', '.mov'],
  ['WebM', 'video/webm', '.webm'],
  ['MKV', 'video/x-matroska', '.mkv,.mka'],
  ['MP3', 'audio/mpeg', '.mp3'],
  ['WAV', 'audio/wav', '.wav'],
  ['M4A', 'audio/mp4', '.m4a,.m4b'],
  ['AAC', 'audio/aac', '.aac'],
  ['FLAC', 'audio/flac', '.flac'],
  ['Ogg', 'audio/ogg', '.ogg,.oga,.opus'],
];

/** For the `accept` attribute of a file input. */
export const acceptedFiles = formats.map(([, contentType, endings]) => `${contentType},${endings}`).join(',');

/** As people call them. */
export const formatNames = formats.map(([name]) => name);
