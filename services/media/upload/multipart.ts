import type { Readable } from 'node:stream';
import busboy from 'busboy';
import type { Request } from 'express';
import { ProblemError } from '#nest';

/** Boundary lines and part headers around the file: what a body may be longer than the file it carries. */
export const MULTIPART_OVERHEAD_BYTES = 64 * 1024;

export interface FormFile {
  filename: string;
  stream: Readable;
}

export interface Form<T> {
  /** What `receive` made of the file. */
  file: T;
  filename: string;
  title: string | null;
}

/**
 * Reads multipart/form-data with exactly one part `file` and at most one text part `title`, in any order, streaming the
 * file to `receive`. Rejects when the body is torn, malformed, or nothing arrives for `idleMs`; the stream that
 * `receive` got then fails with the same error. Rejects with what `receive` rejects with, at once.
 * `onLate` gets what `receive` made when the rest of the body turns out wrong after all.
 */
export async function readForm<T>(
  req: Request,
  idleMs: number,
  receive: (file: FormFile) => Promise<T>,
  onLate: (file: T) => Promise<void>,
): Promise<Form<T>> {
  if (req.destroyed) throw malformed(TORN); // while it waited for its turn
  const parser = openParser(req);
  const body = Promise.withResolvers<void>();
  let received: { result: Promise<T>; filename: string; stream: Readable } | undefined;
  let title: string | null = null;
  let hasFailed = false;
  const fail = (error: Error) => {
    hasFailed = true;
    received?.stream.destroy(error);
    body.reject(error);
  };

  parser.on('file', (name, stream, { filename }) => {
    if (hasFailed) return void stream.resume(); // the parser goes through the chunk that it has
    if (name !== 'file' || received) {
      stream.resume();
      return fail(
        malformed(
          name === 'file'
            ? 'Send one file per request.'
            : `The part "${shown(name)}" is not known; send the bytes as part \`file\`.`,
        ),
      );
    }
    const result = receive({ filename: filename ?? '', stream });
    received = { result, filename: filename ?? '', stream };
    result.catch((error: unknown) => fail(asMalformed(error)));
  });
  parser.on('field', (name, value, { valueTruncated }) => {
    if (name !== 'title' || title !== null)
      return fail(malformed(`The text part "${shown(name)}" is not known; \`title\` may be sent once.`));
    if (valueTruncated || [...value.trim()].length > 200)
      return fail(
        new ProblemError('validation_failed', { errors: [{ path: 'title', message: 'Use at most 200 characters.' }] }),
      );
    title = value.trim() || null;
  });
  parser.on('partsLimit', () => fail(malformed('There are too many parts.')));

  const idle = setTimeout(() => fail(new ProblemError('upload_stalled', { headers: { Connection: 'close' } })), idleMs);
  req.on('data', () => idle.refresh());
  req.once('close', () => req.complete || fail(malformed(TORN)));
  parser.once('error', (error) => fail(asMalformed(error)));
  parser.once('close', () => body.resolve());
  req.pipe(parser); // not `pipeline`: that would cut the connection before the client reads why it was refused

  try {
    await body.promise;
    if (!received) throw malformed('There is no part named `file`.');
    return { file: await received.result, filename: received.filename, title };
  } catch (error) {
    req.unpipe(parser);
    await received?.result.then(onLate, () => {}); // nothing of it may stay, also when the file itself was whole
    throw error;
  } finally {
    clearTimeout(idle);
  }
}

function openParser(req: Request): busboy.Busboy {
  try {
    return busboy({
      headers: req.headers,
      defParamCharset: 'utf8',
      limits: { files: 2, fields: 2, parts: 4, fieldSize: 4_096, fieldNameSize: 100 },
    });
  } catch (error) {
    throw malformed('The content type must be multipart/form-data with a boundary.', error);
  }
}

/** What busboy says of a body is the client's mistake; what storage or a dependency says is not. */
function asMalformed(cause: unknown): Error {
  const fromParser = cause instanceof Error && cause.constructor === Error && !('code' in cause);
  return fromParser ? malformed(TORN, cause) : (cause as Error);
}

const TORN = 'The body ended too early or is not well formed. Send the file again.';
const malformed = (detail: string, cause?: unknown) => new ProblemError('malformed_upload', { detail, cause });
/** busboy gives a part without a name none at all, whatever its types say. */
const shown = (name: string | undefined) => (name ?? '').slice(0, 50).replace(/[^\w .-]/g, '?');
