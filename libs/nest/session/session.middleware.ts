import type { Request, RequestHandler } from 'express';
import session from 'express-session';
import type { Redis } from 'ioredis';
import type { Config } from '#config';
import { DependencyUnavailableError } from '#platform';
import { isPublic, allowedMethods } from '../http/endpoint';
import { ProblemError } from '../http/problem';
import { sendDeviceAfter } from './device-cookie';
import { IDLE_MS, sessionStore } from './session-store';
import { COOKIE, type Sessions } from './sessions';

/** Loads the session of the cookie. While Redis is unavailable, requests fail; they never continue without it. */
export function sessionMiddleware(config: Config, redis: Redis): RequestHandler {
  return sendDeviceAfter(
    session({
      name: COOKIE,
      secret: config.sessionSecret(),
      store: sessionStore(redis, config.tablePrefix),
      cookie: { httpOnly: true, sameSite: 'lax', path: '/', secure: 'auto', maxAge: IDLE_MS },
      resave: false,
      saveUninitialized: false,
    }),
  );
}

/** Rejects requests without a session with 401, except for public endpoints, also for unknown paths; then 405. */
export function requireSession(sessions: Sessions): RequestHandler {
  return (req, _res, next) => {
    authenticate(req, sessions).then(() => next(), next);
  };
}

async function authenticate(req: Request, sessions: Sessions): Promise<void> {
  // express-session continues without a session when its store emitted 'disconnect'
  if (!req.session) throw new DependencyUnavailableError('redis', 'the session store is unavailable');
  const path = req.baseUrl + req.path;
  const user = await sessions.resolve(req);
  if (user) req.sessionUser = user;
  if (isPublic(req.method, path)) return;
  if (!user) throw new ProblemError('unauthenticated');
  const allowed = req.method === 'OPTIONS' ? null : allowedMethods(req.method, path);
  if (allowed) throw new ProblemError('method_not_allowed', { headers: { Allow: allowed.join(', ') } });
}
