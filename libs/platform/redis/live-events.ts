import type { Redis } from 'ioredis';
import type { Media, Notification } from '#contracts';
import { connectRedis, withRedis } from './redis';

/** The live events, by name, with what each carries. */
export interface LiveEvents {
  /** A medium whose status or details have changed. */
  media: Media;
  'media-deleted': { id: string };
  notification: Notification;
}

export interface LiveEvent<E extends keyof LiveEvents = keyof LiveEvents> {
  /** Absent: a transient hint (progress), not replayed. */
  id?: string;
  event: E;
  data: LiveEvents[E];
}

/** How many events of a user can be replayed, and for how long. */
const KEPT_EVENTS = 500;
const KEPT_SECONDS = 24 * 3_600;

/**
 * Adds an event to the user's stream and publishes it, once per deduplication key: the service that made the change
 * pushes it immediately and the consumer of the event pushes it again, but pages receive it once.
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
/** The deduplication keys, scored by the second in which they were sent. */
const sentOf = (stream: string) => `${stream}:sent`;

/** Sends events to the open pages of a user on any instance. Best effort: the tables are the source of truth. */
export class LiveFeed {
  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
  ) {}

  /** Sends an event that is kept for replay, once per name and `dedupeKey`. */
  async push<E extends keyof LiveEvents>(
    userId: string,
    event: E,
    data: LiveEvents[E],
    dedupeKey: string,
  ): Promise<void> {
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

  /** Sends progress to pages that are open now; not kept for replay. */
  async hint(userId: string, data: Media): Promise<void> {
    const stream = streamOf(this.prefix, userId);
    await withRedis(() => this.redis.publish(stream, JSON.stringify({ event: 'media', data: JSON.stringify(data) })));
  }

  /** Returns the events after `lastEventId`; null when that id is unknown or expired. */
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

  /** `ready` resolves once subscribed, when Redis is available; `stop` may be called at any time, also before. */
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

  /** Calls `listener` when the connection to Redis is lost: events sent until it is restored are missed. */
  onGap(listener: () => void): void {
    this.redis.on('close', listener);
  }

  close(): void {
    this.redis.disconnect();
  }
}
