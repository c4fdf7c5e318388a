import type { Redis } from 'ioredis';
import type { Media, Notification } from '#contracts';
import { connectRedis, withRedis } from './redis';

export interface LiveEvent {
  /** Absent: a passing hint (progress), not replayed. */
  id?: string;
  event: 'media' | 'notification';
  data: Media | Notification;
}

/** How many events of a user can be replayed, and for how long. */
const KEPT_EVENTS = 500;
const KEPT_SECONDS = 24 * 3_600;

/**
 * Adds an event to the user's stream and announces it, once per dedupe key: so it may be pushed at once by whoever made
 * the change and again by the consumer of the event, and the page still sees it once.
 */
const PUSH = `
if redis.call('ZADD', KEYS[2], 'NX', ARGV[4], ARGV[5]) == 0 then return false end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[4] - ${KEPT_SECONDS})
redis.call('EXPIRE', KEYS[2], ${KEPT_SECONDS})
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ${KEPT_EVENTS}, '*', 'event', ARGV[1], 'data', ARGV[2])
redis.call('EXPIRE', KEYS[1], ${KEPT_SECONDS})
redis.call('PUBLISH', ARGV[3], cjson.encode({id = id, event = ARGV[1], data = ARGV[2]}))
return id`;

const streamOf = (prefix: string, userId: string) => `${prefix}live:${userId}`;
/** Dedupe keys by the second they were sent in. */
const sentOf = (stream: string) => `${stream}:sent`;

/** Sends events to the open pages of a user, whichever instance serves them. At best: the tables hold the truth. */
export class LiveFeed {
  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
  ) {}

  /** A change of status or a notification: kept for replay, sent once per `dedupeKey`. */
  async push(userId: string, event: LiveEvent['event'], data: LiveEvent['data'], dedupeKey: string): Promise<void> {
    const stream = streamOf(this.prefix, userId);
    const now = Math.floor(Date.now() / 1_000);
    await withRedis(() =>
      this.redis.eval(
        PUSH,
        2,
        stream,
        sentOf(stream),
        event,
        JSON.stringify(data),
        stream,
        now,
        `${event}:${dedupeKey}`,
      ),
    );
  }

  /** Progress: sent to who looks now, not kept. */
  async hint(userId: string, data: Media): Promise<void> {
    const stream = streamOf(this.prefix, userId);
    await withRedis(() => this.redis.publish(stream, JSON.stringify({ event: 'media', data: JSON.stringify(data) })));
  }

  /** What came after `lastEventId`; null when that id is not known (any more). */
  async since(userId: string, lastEventId: string): Promise<LiveEvent[] | null> {
    if (!/^\d{1,16}-\d{1,16}$/.test(lastEventId)) return null;
    const entries = await withRedis(() => this.redis.xrange(streamOf(this.prefix, userId), lastEventId, '+'));
    if (entries[0]?.[0] !== lastEventId) return null;
    return entries
      .slice(1)
      .map(([id, fields]) => ({ id, event: fields[1] as LiveEvent['event'], data: JSON.parse(fields[3]!) }));
  }

  async forget(userId: string): Promise<void> {
    const stream = streamOf(this.prefix, userId);
    await withRedis(() => this.redis.del(stream, sentOf(stream)));
  }
}

/** The events of the users whose pages this instance serves, over one connection. */
export class LiveSubscriptions {
  private readonly redis: Redis;
  private readonly listeners = new Map<string, Set<(event: LiveEvent) => void>>();

  constructor(
    redisUrl: string,
    private readonly prefix: string,
  ) {
    this.redis = connectRedis(redisUrl, 'waiting');
    this.redis.on('message', (channel, message) => {
      const { id, event, data } = JSON.parse(message) as { id?: string; event: LiveEvent['event']; data: string };
      const live: LiveEvent = { ...(id && { id }), event, data: JSON.parse(data) };
      for (const listener of this.listeners.get(channel) ?? []) listener(live);
    });
  }

  /** `ready` resolves when events arrive, which waits for Redis; `stop` may be called at any time, also before. */
  listen(userId: string, listener: (event: LiveEvent) => void): { ready: Promise<unknown>; stop: () => void } {
    const channel = streamOf(this.prefix, userId);
    const listeners = this.listeners.get(channel) ?? new Set();
    this.listeners.set(channel, listeners.add(listener));
    const stop = () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.listeners.get(channel) !== listeners) return;
      this.listeners.delete(channel);
      void this.redis.unsubscribe(channel).catch(() => {});
    };
    return { ready: this.redis.subscribe(channel), stop };
  }

  /** Calls back when the connection was lost and is there again: what was sent meanwhile did not arrive. */
  onGap(listener: () => void): void {
    this.redis.on('close', listener);
  }

  close(): void {
    this.redis.disconnect();
  }
}
