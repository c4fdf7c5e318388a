import { type FailureCode, failures } from '#contracts';

/** A decided outcome: the file is bad (or beyond our limits), and trying the same bytes again at once would end the same way. */
export class MediaFailure extends Error {
  override readonly name = 'MediaFailure';

  constructor(
    readonly code: FailureCode,
    readonly detail?: string,
  ) {
    super(detail ? `${code}: ${detail}` : code);
  }
}

export const failureCodes = Object.keys(failures) as [FailureCode, ...FailureCode[]];
