import { ApiProblem, isTemporary } from '../../network/problem';

/** Refusals that the same file meets again on every try. */
const finalCodes = new Set(['unsupported_media_type', 'file_too_large', 'empty_file']);
/** An earlier try of the same file is not over for the server yet: time alone mends that. `http_423`: an upload that is locked, as a HEAD says it, which has no body. */
const busyCodes = new Set([
  'idempotency_in_progress',
  'upload_locked',
  'http_423',
  'offset_mismatch',
  'upload_stalled',
]);

/** What a try that did not succeed means for the file: never, later by itself (however long an earlier try takes), after a login, or when its owner says so. */
export function outcomeOf(error: unknown): 'refused' | 'again' | 'busy' | 'signed-out' | 'failed' {
  if (isTemporary(error)) return 'again';
  if (!(error instanceof ApiProblem)) return 'failed';
  if (error.status === 401) return 'signed-out';
  if (finalCodes.has(error.code)) return 'refused';
  return busyCodes.has(error.code) ? 'busy' : 'failed';
}
