import type { Request } from 'express';
import { DependencyUnavailableError } from '#platform';
import { apiKeyOf } from '../http/api-key';
import type { ApiKeys } from './api-keys';
import type { SessionUser } from './current-user';
import type { Sessions } from './sessions';

/** Decides for which user a request acts: by its API key, else by the session of its cookie. */
export class Authentication {
  constructor(
    private readonly sessions: Sessions,
    private readonly apiKeys: ApiKeys,
  ) {}

  /**
   * Returns null without a key and without a valid session. A cookie beside a key is ignored.
   * @throws {ProblemError} unauthenticated, too_many_attempts for a wrong key
   */
  async resolve(req: Request): Promise<SessionUser | null> {
    const key = apiKeyOf(req);
    if (key !== null) return this.apiKeys.authenticate(key, req.ip ?? '');
    // express-session continues without a session when its store emitted 'disconnect'
    if (!req.session) throw new DependencyUnavailableError('redis', 'the session store is unavailable');
    return this.sessions.resolve(req);
  }

  /** Whether the session or key with which a user was authenticated is still valid. */
  isAlive({ id, sessionId, scopes }: SessionUser): Promise<boolean> {
    return scopes ? this.apiKeys.isAlive(id, sessionId) : this.sessions.isAlive(id, sessionId);
  }
}
