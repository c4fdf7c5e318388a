import { type FailureCode, failures } from '#contracts';

/** A permanent failure: the file is bad or exceeds our limits, so an immediate retry would fail in the same way. */
export class MediaFailure extends Error {
  override readonly name = 'MediaFailure';

  constructor(
    readonly code: FailureCode,
    readonly detail?: string,
  ) {
    super(detail ? `${code}: ${detail}` : code);
  }
}

export const isFailureCode = (code: string): code is FailureCode => Object.hasOwn(failures, code);
