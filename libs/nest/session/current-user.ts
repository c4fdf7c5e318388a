import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { ApiKeyScope, User } from '#contracts';
import { ProblemError } from '../http/problem';

export interface SessionUser {
  id: string;
  /** The public id of the session, as in the list of sessions; not the secret id in the cookie. Or the id of a key. */
  sessionId: string;
  role: User['role'];
  /** What the API key of the request may do; absent for a session, which may do everything. */
  scopes?: readonly ApiKeyScope[];
}

/** Returns the logged-in user. @throws {ProblemError} unauthenticated */
function userOf(req: Request): SessionUser {
  if (!req.sessionUser) throw new ProblemError('unauthenticated');
  return req.sessionUser;
}

export const CurrentUser = createParamDecorator((_: undefined, context: ExecutionContext) =>
  userOf(context.switchToHttp().getRequest<Request>()),
);
