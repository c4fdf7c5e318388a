import { formats } from '../../../../libs/contracts/formats';

export { isHeic } from '../../../../libs/contracts/formats';

/**
 * For the `accept` attribute of a file input. HEIC is not among the formats, and `image/*` would name it as well: iOS
 * converts to JPEG what `accept` does not name.
 */
export const acceptedFiles = formats
  .flatMap(({ contentType, chooserType = contentType, extensions }) => [
    chooserType,
    ...extensions.map((end) => `.${end}`),
  ])
  .join(',');

/** As people call them. */
export const formatLabels = formats.map(({ label }) => label);
