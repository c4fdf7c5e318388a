import type { Readable } from 'node:stream';
import busboy from 'busboy';
import type { Request } from 'express';
import { cleanLine } from '#contracts';
import { ProblemError } from '#nest';
import { watchForStall } from './stall';

/** How much longer than its file a body may be: boundaries and part headers. */
export const MULTIPART_OVERHEAD_BYTES = 64 * 1024;
const MAX_TITLE_BYTES = 4_096;
/** With its headers. */
const MAX_TITLE_PART_BYTES = MAX_TITLE_BYTES + 1_024;

/** Between how many bytes the size of a file is, as far as it is known at its first bytes. */
export interface SizeEstimate {
  atLeast: number;
  atMost: number;
}

export interface FormFile {
  filename: string;
  stream: Readable;
  /** Without Content-Length: only the bytes that have arrived. */
  size: SizeEstimate;
}

export interface Form<T> {
  /** The result of `receive`. */
  file: T;
  filename: string;
  title: string | null;
}

/**
 * Reads multipart/form-data (RFC 7578) with exactly one part `file` and at most one text part `title`, in any order,
 * streaming the file to `receive`. Rejects when the body is incomplete or malformed, or no byte arrives for `idleMs`;
 * the stream of `receive` then fails with the same error. Rejects at once when `receive` does. When the body fails
 * after `receive` has resolved, `onLateFailure` is called with its result.
 */
export async function readForm<T>(
  req: Request,
  idleMs: number,
  receive: (file: FormFile) => Promise<T>,
  onLateFailure: (file: T) => Promise<void>,
): Promise<Form<T>> {
  if (req.destroyed) throw malformed(INCOMPLETE); // closed while it waited for a slot
  const parser = openParser(req);
  const body = Promise.withResolvers<void>();
  let received: { result: Promise<T>; filename: string; stream: Readable } | undefined;
  let title: string | null = null;
  let hasFailed = false;
  let parsedBytes = 0;
  const fail = (error: Error) => {
    hasFailed = true;
    received?.stream.destroy(error);
    body.reject(error);
  };

  parser.on('file', (name, stream, { filename }) => {
    if (hasFailed) return void stream.resume(); // the parser still emits the parts of its current chunk
    if (name !== 'file' || received) {
      stream.resume();
      return fail(
        malformed(
          name === 'file'
            ? 'Send one file per request.'
            : `The part "${printable(name)}" is not known; send the bytes as part \`file\`.`,
        ),
      );
    }
    stream.on('error', () => {}); // it may fail before `receive` reads it
    // The parser has written the file's bytes of its current chunk to the stream when the microtask runs.
    const sent = { filename: unescapeName(filename ?? ''), stream };
    const result = Promise.resolve().then(() =>
      receive({ ...sent, size: estimateSize(req, parsedBytes, stream.readableLength) }),
    );
    received = { ...sent, result };
    result.catch((error: unknown) => fail(asMalformed(error)));
  });
  parser.on('field', (name, value, { valueTruncated }) => {
    if (name !== 'title' || title !== null)
      return fail(malformed(`The text part "${printable(name)}" is not known; \`title\` may be sent once.`));
    const text = cleanLine(value);
    if (valueTruncated || [...text].length > 200)
      return fail(
        new ProblemError('validation_failed', { errors: [{ path: 'title', message: 'Use at most 200 characters.' }] }),
      );
    title = text || null;
  });
  parser.on('partsLimit', () => fail(malformed('There are too many parts.')));

  const stopWatch = watchForStall(req, idleMs, () =>
    fail(new ProblemError('upload_stalled', { headers: { Connection: 'close' } })),
  );
  req.on('data', (chunk: Buffer) => (parsedBytes += chunk.length));
  req.once('close', () => req.complete || fail(malformed(INCOMPLETE)));
  parser.once('error', (error) => fail(asMalformed(error)));
  parser.once('close', () => body.resolve());
  req.pipe(parser); // not `pipeline`, which would destroy the connection before the client has read the problem

  try {
    await body.promise;
    if (!received) throw malformed('There is no part named `file`.');
    return { file: await received.result, filename: received.filename, title };
  } catch (error) {
    req.unpipe(parser);
    await received?.result.then(onLateFailure, () => {}); // also a complete file must be discarded
    throw error;
  } finally {
    stopWatch();
  }
}

function openParser(req: Request): busboy.Busboy {
  try {
    return busboy({
      headers: req.headers,
      defParamCharset: 'utf8',
      limits: { files: 2, fields: 2, parts: 4, fieldSize: MAX_TITLE_BYTES, fieldNameSize: 100 },
    });
  } catch (error) {
    throw malformed('The content type must be multipart/form-data with a boundary.', error);
  }
}

/**
 * Estimates the size of a file from Content-Length, when `parsedBytes` of the body have arrived, `fileBytes` of them of
 * the file: exactly where it is the last part, else too high by the part `title` after it.
 */
function estimateSize({ headers }: Request, parsedBytes: number, fileBytes: number): SizeEstimate {
  const bodyBytes = Number(headers['content-length'] ?? 0);
  const rest = bodyBytes - parsedBytes;
  if (rest <= 0) return { atLeast: fileBytes, atMost: fileBytes };
  const boundary = /boundary=(?:"([^"]*)"|([^;\s]*))/i.exec(headers['content-type'] ?? '');
  const end = `\r\n--${boundary?.[1] ?? boundary?.[2] ?? ''}--\r\n`.length;
  const atMost = Math.max(fileBytes, fileBytes + rest - end);
  return { atLeast: Math.max(fileBytes, atMost - MAX_TITLE_PART_BYTES), atMost };
}

/**
 * Browsers escape quotes and line ends in file names, and nothing else (HTML, "multipart/form-data encoding
 * algorithm").
 */
const unescapeName = (filename: string) => filename.replaceAll(/%(?:22|0D|0A)/gi, decodeURIComponent);

/** Errors of busboy are malformed bodies; errors of storage or a dependency are returned as they are. */
function asMalformed(cause: unknown): Error {
  const fromParser = cause instanceof Error && cause.constructor === Error && !('code' in cause);
  return fromParser ? malformed(INCOMPLETE, cause) : (cause as Error);
}

const INCOMPLETE = 'The body ended too early or is not well formed. Send the file again.';
const malformed = (detail: string, cause?: unknown) => new ProblemError('malformed_upload', { detail, cause });
/** busboy passes undefined for a part without a name, against its types. */
const printable = (name: string | undefined) => (name ?? '').slice(0, 50).replace(/[^\w .-]/g, '?');
