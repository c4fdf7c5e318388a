import { ApiProblem, isTemporary } from '../problem';

/** Refusals that the same file meets again on every try. */
const finalCodes = new Set(['unsupported_media_type', 'file_too_large', 'empty_file']);
/** Refusals that time alone mends. `http_423`: an upload that is locked, as a HEAD says it, which has no body. */
const passingCodes = new Set(['idempotency_in_progress', 'upload_locked', 'http_423', 'offset_mismatch', 'upload_stalled']);

/** What a try that did not succeed means for the file: never, later by itself, after a login, or when its owner says so. */
export function outcomeOf(error: unknown): 'refused' | 'again' | 'signed-out' | 'failed' {
  if (isTemporary(error)) return 'again';
  if (!(error instanceof ApiProblem)) return 'failed';
  if (error.status === 401) return 'signed-out';
  if (finalCodes.has(error.code)) return 'refused';
  return passingCodes.has(error.code) ? 'again' : 'failed';
}
