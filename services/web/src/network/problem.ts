import type { Problem } from '#contracts';
import { formatMinutes } from '../ui/format';
import { texts } from '../ui/texts';

/** An error response of the API; `message` is the sentence to show. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: readonly { path: string; message: string }[];

  constructor(problem: Pick<Problem, 'status' | 'code' | 'detail' | 'errors'>) {
    super(problem.detail);
    this.status = problem.status;
    this.code = problem.code;
    this.errors = problem.errors ?? [];
  }
}

/** No response: the network or the server is unavailable. */
export class NetworkProblem extends Error {
  constructor() {
    super(texts.connection.noAnswer);
  }
}

/**
 * Parses a problem+json body; any other body, for example of a proxy, becomes a general message. `retryAfter` is the
 * header of that name, in seconds.
 */
export function parseProblem(status: number, body: string, retryAfter: string | null = null): ApiProblem {
  try {
    const parsed = JSON.parse(body) as Partial<Problem>;
    if (typeof parsed.detail === 'string' && typeof parsed.code === 'string') {
      const detail =
        parsed.code === 'too_many_attempts' && retryAfter
          ? texts.problem.tooManyAttempts(formatMinutes(Number(retryAfter)))
          : parsed.detail;
      return new ApiProblem({ status, code: parsed.code, detail, errors: parsed.errors });
    }
  } catch {
    // Not JSON: the general message below.
  }
  return new ApiProblem({ status, code: `http_${status}`, detail: texts.problem.unexpected(status) });
}

/** Returns the message to show for any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : texts.problem.unknown;
}

/** Returns true for errors that a later retry may not meet: no response, 502, 503 or 504. */
export function isTemporary(error: unknown): boolean {
  return error instanceof NetworkProblem || (error instanceof ApiProblem && [502, 503, 504].includes(error.status));
}
