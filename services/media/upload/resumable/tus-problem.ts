import { ERRORS } from '@tus/server';
import type { ProblemCode } from '#contracts';
import { ProblemError, type ProblemOptions } from '#nest';

/** tus' own refusals that say more than their status does. */
const byBody = new Map<string, readonly [ProblemCode, ProblemOptions?]>([
  [ERRORS.ERR_SIZE_EXCEEDED.body, ['file_too_large', { detail: 'There are more bytes than the upload was announced with. Begin it again with its right length.' }]],
  [ERRORS.INVALID_TERMINATION.body, ['upload_finished']],
  [ERRORS.MISSING_OFFSET.body, ['malformed_upload', { detail: 'Say with Upload-Offset where the bytes belong.' }]],
  [ERRORS.ABORTED.body, ['upload_locked']],
]);

const byStatus: Record<number, ProblemCode> = {
  404: 'not_found',
  409: 'offset_mismatch',
  410: 'upload_expired',
  413: 'file_too_large',
  423: 'upload_locked',
};

/** What tus refused, in the words of the API. `failure` is what was thrown, if anything was. */
export async function tusProblem(failure: unknown, answer: Response): Promise<unknown> {
  if (failure instanceof Error && !('status_code' in failure)) return failure;
  const body = (failure as { body?: string } | undefined)?.body ?? (await answer.text());
  const status = (failure as { status_code?: number } | undefined)?.status_code ?? answer.status;
  const [code, options] = byBody.get(body) ?? [byStatus[status]];
  if (code) return new ProblemError(code, options);
  if (status >= 500 && status !== 501) return new Error(`tus: ${body}`);
  return new ProblemError('malformed_upload', { detail: `${body.trim().replace(/\.$/, '')}.` });
}
