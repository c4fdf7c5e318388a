import { HttpException, type HttpStatus } from '@nestjs/common';
import type { Problem, ProblemCode } from '#contracts';
import { problems } from '#contracts';
import { DependencyUnavailableError, StorageFullError } from '#platform';

export interface ProblemOptions {
  /** A more precise sentence than the one of the code. */
  detail?: string;
  errors?: NonNullable<Problem['errors']>;
  headers?: Record<string, string>;
  cause?: unknown;
}

/** A refusal that the client sees, as RFC 9457 problem details. */
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
  'encoding.unsupported': ['unsupported_media_type', 'This content encoding is not supported. Send plain or gzip-compressed JSON.'],
};

const statusProblems: Partial<Record<HttpStatus, ProblemCode>> = {
  401: 'unauthenticated',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
};

/** What a client is told about anything that was thrown. Never a stack, never the words of an inner error. */
export function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof DependencyUnavailableError) return new ProblemError('temporarily_unavailable', { headers: { 'Retry-After': '5' }, cause: error });
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
