import type { Request, RequestHandler } from 'express';
import session from 'express-session';
import type { Redis } from 'ioredis';
import type { Config } from '#config';
import { isAdminPath, type Admins } from '../admin/admins';
import { apiKeyOf } from '../http/api-key';
import { allowedMethods, isPublic, scopesOf } from '../http/endpoint';
import { ProblemError } from '../http/problem';
import type { Authentication } from './authentication';
import type { SessionUser } from './current-user';
import { sendDeviceAfter } from './device-cookie';
import { IDLE_MS, sessionStore } from './session-store';
import { COOKIE } from './sessions';

/**
 * Loads the session of the cookie, unless the request has an API key. While Redis is unavailable, requests fail; they
 * never continue without it.
 */
export function sessionMiddleware(config: Config, redis: Redis): RequestHandler {
  const loadSession = sendDeviceAfter(
    session({
      name: COOKIE,
      secret: config.sessionSecret(),
      store: sessionStore(redis, config.tablePrefix),
      cookie: { httpOnly: true, sameSite: 'lax', path: '/', secure: 'auto', maxAge: IDLE_MS },
      resave: false,
      saveUninitialized: false,
    }),
  );
  return (req, res, next) => (apiKeyOf(req) === null ? loadSession(req, res, next) : next());
}

/**
 * Rejects requests without a session or API key with 401, except for public endpoints, also for unknown paths; then
 * with 405; then those whose key lacks the scope of the route. The admin area does not exist for anyone but admins with
 * a session, whatever the request: 404.
 */
export function requireUser(authentication: Authentication, admins: Admins): RequestHandler {
  return (req, _res, next) => {
    authenticate(req, authentication, admins).then(() => next(), next);
  };
}

async function authenticate(req: Request, authentication: Authentication, admins: Admins): Promise<void> {
  const path = req.baseUrl + req.path;
  if (isAdminPath(path) && apiKeyOf(req) !== null) throw new ProblemError('not_found');
  const user = await authentication.resolve(req);
  if (user) req.sessionUser = user;
  if (isAdminPath(path)) {
    const admin = user && (await admins.find(user.id));
    if (!admin) throw new ProblemError('not_found');
    req.admin = admin;
  }
  if (isPublic(req.method, path)) return;
  if (!user) throw new ProblemError('unauthenticated');
  const allowed = req.method === 'OPTIONS' ? null : allowedMethods(req.method, path);
  if (allowed) throw new ProblemError('method_not_allowed', { headers: { Allow: allowed.join(', ') } });
  assertScope(user, req.method, path);
}

/** @throws {ProblemError} insufficient_scope; not_found for a path that is not in the route table */
function assertScope({ scopes }: SessionUser, method: string, path: string): void {
  if (!scopes) return;
  const needed = scopesOf(method, path);
  if (needed.length === 0) throw new ProblemError('not_found');
  if (needed.every((accepted) => accepted.some((scope) => scopes.includes(scope)))) return;
  const accepted = needed.flat();
  throw new ProblemError('insufficient_scope', {
    detail:
      accepted.length > 0
        ? `The API key needs the scope ${accepted.join(' or ')}. Create a key with that scope in your profile.`
        : 'No API key can do this. Log in to do it.',
    // RFC 6750, section 3.1
    headers: { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${accepted.join(' ')}"` },
  });
}
