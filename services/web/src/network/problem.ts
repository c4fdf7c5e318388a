import type { Problem } from '#contracts';
import { texts } from '../ui/texts';

/** A refusal by the API; `message` is the sentence to show. */
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

/** No answer came: the network or the server is away. */
export class NetworkProblem extends Error {
  constructor() {
    super(texts.connection.noAnswer);
  }
}

/** Reads a problem+json body; whatever else a proxy on the way may answer becomes a plain sentence. */
export function parseProblem(status: number, body: string): ApiProblem {
  try {
    const parsed = JSON.parse(body) as Partial<Problem>;
    if (typeof parsed.detail === 'string' && typeof parsed.code === 'string') {
      return new ApiProblem({ status, code: parsed.code, detail: parsed.detail, errors: parsed.errors });
    }
  } catch {
    // Not JSON: falls through to the sentence below.
  }
  return new ApiProblem({ status, code: `http_${status}`, detail: texts.problem.unexpected(status) });
}

/** What to show for anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : texts.problem.unknown;
}

/** Whether it is worth waiting and asking again: nothing was decided. */
export function isTemporary(error: unknown): boolean {
  return error instanceof NetworkProblem || (error instanceof ApiProblem && [502, 503, 504].includes(error.status));
}
