import { promisify } from 'node:util';
import type { Request, Response } from 'express';
import type { Redis } from 'ioredis';
import type { SessionInfo, User } from '#contracts';
import { newId, withRedis } from '#platform';
import type { SessionUser } from './current-user';
import { endedChannel } from './session-events';
import { ABSOLUTE_MS, IDLE_MS, sessionKey } from './session-store';

export const COOKIE = 'snapstream.sid';
const TOUCH_MS = 60_000;
/** More would make lists and a change of the password slow, in which all others end. */
const MAX_SESSIONS = 100;

interface Entry {
  sid: string;
  /** Epoch milliseconds. */
  createdAt: number;
  seenAt: number;
  userAgent: string;
}

/** Writes an entry only if it exists, so that a request still running cannot restore an ended session. */
const REFRESH = `if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`;

/**
 * Index of the sessions of each user, by public id. A session is valid while it has an entry with the id of its cookie;
 * the data that express-session stores under that id is ignored without one. So a session can be ended without its
 * cookie.
 * Every method @throws {DependencyUnavailableError} while Redis is unavailable
 */
export class Sessions {
  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
  ) {}

  /**
   * Starts a session at a login, with a new id in the cookie (prevents session fixation). Beyond 100 sessions of the
   * user the oldest ends.
   */
  async start(req: Request, user: { id: string; role: User['role'] }): Promise<SessionUser> {
    const now = Date.now();
    const publicId = newId();
    if (req.sessionUser) await this.end(req.sessionUser.id, req.sessionUser.sessionId);
    await this.renewId(req, { user: { id: user.id, role: user.role }, publicId, createdAt: now, seenAt: now });
    const entry = { sid: req.sessionID, createdAt: now, seenAt: now, userAgent: cleanUserAgent(req.get('user-agent')) };
    await withRedis(() =>
      this.redis
        .multi()
        .hset(this.indexKey(user.id), publicId, JSON.stringify(entry))
        .pexpire(this.indexKey(user.id), ABSOLUTE_MS)
        .exec(),
    );
    await this.endOldest(user.id);
    req.sessionUser = { id: user.id, sessionId: publicId, role: user.role };
    return req.sessionUser;
  }

  /** Renews the id in the cookie of the current session; the old cookie becomes invalid. */
  async rotate(req: Request): Promise<void> {
    const { user, publicId, createdAt } = req.session;
    if (!user || !publicId || !createdAt) return;
    const entry = await this.entryOf(user.id, publicId);
    if (!entry) return;
    await this.renewId(req, { user, publicId, createdAt, seenAt: Date.now() });
    await this.refresh(user.id, publicId, { ...entry, sid: req.sessionID, seenAt: Date.now() });
  }

  /** Returns the user of a request's session, or null without a valid one. Renews it at most once a minute. */
  async resolve(req: Request): Promise<SessionUser | null> {
    const { user, publicId, seenAt = 0 } = req.session;
    if (!user || !publicId) return null;
    const entry = await this.entryOf(user.id, publicId);
    if (!entry || entry.sid !== req.sessionID || isExpired(entry)) return null;
    if (Date.now() - seenAt > TOUCH_MS) await this.touch(req, user.id, publicId, entry);
    return { id: user.id, sessionId: publicId, role: user.role };
  }

  async isAlive(userId: string, sessionId: string): Promise<boolean> {
    const entry = await this.entryOf(userId, sessionId);
    return entry !== null && !isExpired(entry);
  }

  async list(userId: string, currentId: string): Promise<SessionInfo[]> {
    const entries = await withRedis(() => this.redis.hgetall(this.indexKey(userId)));
    const sessions = Object.entries(entries).map(([id, json]) => ({ id, entry: JSON.parse(json) as Entry }));
    const expired = sessions.filter(({ entry }) => isExpired(entry)).map(({ id }) => id);
    if (expired.length > 0) await withRedis(() => this.redis.hdel(this.indexKey(userId), ...expired));
    return sessions
      .filter(({ entry }) => !isExpired(entry))
      .map(({ id, entry }) => ({
        id,
        current: id === currentId,
        createdAt: new Date(entry.createdAt).toISOString(),
        lastSeenAt: new Date(entry.seenAt).toISOString(),
        userAgent: entry.userAgent,
      }))
      .toSorted((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** Ends one session and its event streams. @returns false when the user has no such session */
  async end(userId: string, sessionId: string): Promise<boolean> {
    const entry = await this.entryOf(userId, sessionId);
    if (!entry) return false;
    const answers = await withRedis(() =>
      this.redis
        .multi()
        .hdel(this.indexKey(userId), sessionId)
        .del(sessionKey(this.prefix, entry.sid))
        .publish(endedChannel(this.prefix), JSON.stringify({ userId, sessionId }))
        .exec(),
    );
    return answers?.[0]?.[1] === 1;
  }

  /** Returns the number of sessions of a user. */
  async count(userId: string): Promise<number> {
    return withRedis(() => this.redis.hlen(this.indexKey(userId)));
  }

  /** Ends all sessions of a user but one. */
  async endAll(userId: string, exceptSessionId?: string): Promise<void> {
    const ids = await withRedis(() => this.redis.hkeys(this.indexKey(userId)));
    for (const id of ids) if (id !== exceptSessionId) await this.end(userId, id);
  }

  /** Removes an ended session from the request, and its cookie from the browser. */
  async forget(req: Request, res?: Response): Promise<void> {
    delete req.sessionUser;
    await promisify(req.session.destroy.bind(req.session))();
    res?.setHeader('Clear-Site-Data', '"cache"'); // the next user of the browser must not find pictures in it
    res?.clearCookie(COOKIE, { path: '/', httpOnly: true, sameSite: 'lax', secure: req.secure });
  }

  private async endOldest(userId: string): Promise<void> {
    const ids = await withRedis(() => this.redis.hkeys(this.indexKey(userId)));
    for (const id of ids.toSorted().slice(0, -MAX_SESSIONS)) await this.end(userId, id); // ids sort by time
  }

  private async touch(req: Request, userId: string, publicId: string, entry: Entry): Promise<void> {
    const now = Date.now();
    req.session.seenAt = now; // a change renews the cookie
    await save(req); // now, not at the end of the response: Redis may be unavailable by then
    await this.refresh(userId, publicId, { ...entry, seenAt: now });
  }

  private async renewId(
    req: Request,
    data: { user: { id: string; role: User['role'] }; publicId: string; createdAt: number; seenAt: number },
  ): Promise<void> {
    await promisify(req.session.regenerate.bind(req.session))();
    Object.assign(req.session, data);
    await save(req);
  }

  private async refresh(userId: string, publicId: string, entry: Entry): Promise<void> {
    await withRedis(() =>
      this.redis.eval(REFRESH, 1, this.indexKey(userId), publicId, JSON.stringify(entry), ABSOLUTE_MS),
    );
  }

  private async entryOf(userId: string, sessionId: string): Promise<Entry | null> {
    const json = await withRedis(() => this.redis.hget(this.indexKey(userId), sessionId));
    return json === null ? null : (JSON.parse(json) as Entry);
  }

  private indexKey(userId: string): string {
    return `${this.prefix}sessions:${userId}`;
  }
}

const save = (req: Request) => promisify(req.session.save.bind(req.session))();

const isExpired = (entry: Entry) => Date.now() > Math.min(entry.seenAt + IDLE_MS, entry.createdAt + ABSOLUTE_MS);

function cleanUserAgent(text = ''): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '').slice(0, 256);
}
