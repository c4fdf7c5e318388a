import { ApiProblem, isTemporary } from '../../network/problem';

/** Refusals that every retry of the same file would get. */
const finalCodes = new Set(['unsupported_media_type', 'file_too_large', 'empty_file']);
/**
 * The server still handles an earlier attempt for the same file, so a retry succeeds later. `http_423`: the response
 * to HEAD for a locked upload, which has no body.
 */
const busyCodes = new Set([
  'idempotency_in_progress',
  'upload_locked',
  'http_423',
  'offset_mismatch',
  'upload_stalled',
]);

/**
 * Classifies a failed attempt. `refused`: no retry helps. `again`: retry a limited number of times. `busy`: retry until
 * the earlier attempt has ended. `signed-out`: retry after a login. `failed`: retry when the user asks for it.
 */
export function outcomeOf(error: unknown): 'refused' | 'again' | 'busy' | 'signed-out' | 'failed' {
  if (isTemporary(error)) return 'again';
  if (!(error instanceof ApiProblem)) return 'failed';
  if (error.status === 401) return 'signed-out';
  if (finalCodes.has(error.code)) return 'refused';
  return busyCodes.has(error.code) ? 'busy' : 'failed';
}
