import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter, type HttpStatus } from '@nestjs/common';
import type { Request, Response } from 'express';
import { problems, type Problem, type ProblemCode } from '#contracts';
import { DependencyUnavailableError, StorageFullError } from '#platform';

export interface ProblemOptions {
  /** Replaces the default detail of the code by a more precise sentence. */
  detail?: string;
  errors?: NonNullable<Problem['errors']>;
  headers?: Record<string, string>;
  cause?: unknown;
}

/** An error that is sent to the client as problem details (RFC 9457). */
export class ProblemError extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(
    readonly code: ProblemCode,
    private readonly options: ProblemOptions = {},
  ) {
    super(`${code}: ${options.detail ?? problems[code][2]}`, { cause: options.cause });
    this.status = problems[code][0];
    this.headers = options.headers ?? {};
  }

  toBody(): Problem {
    const [status, title, detail] = problems[this.code];
    return {
      type: `urn:snapstream:problem:${this.code}`,
      title,
      status,
      detail: this.options.detail ?? detail,
      code: this.code,
      ...(this.options.errors && { errors: this.options.errors }),
    };
  }
}

const bodyProblems: Record<string, readonly [ProblemCode, string?]> = {
  'entity.parse.failed': ['malformed_json'],
  'entity.too.large': ['payload_too_large'],
  'charset.unsupported': ['unsupported_media_type', 'This character set is not supported. Send JSON in UTF-8.'],
  'encoding.unsupported': [
    'unsupported_media_type',
    'This content encoding is not supported. Send plain or gzip-compressed JSON.',
  ],
};

const statusProblems: Partial<Record<HttpStatus, ProblemCode>> = {
  401: 'unauthenticated',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
};

/** Maps anything thrown to a problem. Never exposes a stack or the message of an internal error. */
export function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof DependencyUnavailableError)
    return new ProblemError('temporarily_unavailable', { headers: { 'Retry-After': '5' }, cause: error });
  if (error instanceof StorageFullError) return new ProblemError('storage_full', { cause: error });
  if (error instanceof URIError) return new ProblemError('malformed_request', { cause: error });
  if (error instanceof HttpException) return fromStatus(error.getStatus(), error);
  const { type, status } = error as { type?: unknown; status?: unknown };
  const known = typeof type === 'string' ? bodyProblems[type] : undefined;
  if (known) return new ProblemError(known[0], { ...(known[1] && { detail: known[1] }), cause: error });
  return fromStatus(typeof status === 'number' ? status : 500, error);
}

function fromStatus(status: number, cause: unknown): ProblemError {
  const fallback = status >= 400 && status < 500 ? 'malformed_request' : 'internal_error';
  return new ProblemError(statusProblems[status as HttpStatus] ?? fallback, { cause });
}

/** Answers anything thrown in a request with `application/problem+json`. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(http.getRequest<Request>(), http.getResponse<Response>(), error);
  }
}

const DRAIN_MS = 5_000;
const DRAIN_BYTES = 256 * 1024 ** 2;

/**
 * Sends the problem of `error`. When the headers are already sent, the connection is closed instead, so that the client
 * does not mistake a truncated response for a complete one.
 */
function sendProblem(req: Request, res: Response, error: unknown): void {
  const problem = toProblem(error);
  res.locals.problem = problem.code;
  // logged with the request
  if (problem.status >= 500) res.err = error instanceof Error ? error : new Error(String(error));
  if (res.headersSent) {
    res.destroy();
    return;
  }
  res.status(problem.status).set({ 'Cache-Control': 'no-store', ...problem.headers });
  res.type('application/problem+json').send(JSON.stringify(problem.toBody()));
  drain(req);
}

/**
 * Discards the rest of the request body, up to limits of time and size, then closes the connection. A browser reads an
 * early error response only after it has sent its body, and never if the connection is reset (RFC 9112 section 9.6).
 */
function drain(req: Request): void {
  if (req.complete || req.destroyed) return;
  let bytesLeft = DRAIN_BYTES;
  const close = () => req.socket.destroy();
  const timer = setTimeout(close, DRAIN_MS).unref();
  req.on('data', (chunk: Buffer) => {
    bytesLeft -= chunk.length;
    if (bytesLeft < 0) close();
  });
  req.once('close', () => clearTimeout(timer));
  req.once('error', close);
  req.resume();
}
