import { acceptedFormats } from '../../../../libs/contracts/formats';

export { isHeic } from '../../../../libs/contracts/formats';

/**
 * The `accept` attribute of a file input. Types are listed one by one, because `image/*` would include HEIC: iOS
 * converts pictures to JPEG when `accept` does not include their type.
 */
export const acceptedFiles = (acceptsHeic: boolean): string =>
  acceptedFormats(acceptsHeic)
    .flatMap(({ contentType, chooserType = contentType, extensions }) => [
      chooserType,
      ...extensions.map((end) => `.${end}`),
    ])
    .join(',');

/** Display names of the formats. */
export const formatLabels = (acceptsHeic: boolean): string[] => acceptedFormats(acceptsHeic).map(({ label }) => label);
