import { EventEmitter, once } from 'node:events';
import type { Redis } from 'ioredis';
import type { Media } from '#contracts';
import { eventually, startRedis, type TestRedis } from '#testing';
import { DependencyUnavailableError } from '../errors';
import { LiveFeed, LiveSubscriptions, type LiveEvent } from './live-events';
import { connectRedis } from './redis';

const medium = (progress: number) => ({ id: 'm', progress }) as Media;

describe('live events', () => {
  let server: TestRedis;
  let redis: Redis;
  let feed: LiveFeed;
  let subscriptions: LiveSubscriptions;

  beforeAll(async () => {
    server = await startRedis();
    redis = connectRedis(server.url, 'command');
    await once(redis, 'ready');
    feed = new LiveFeed(redis, 'test-');
    subscriptions = new LiveSubscriptions(server.url, 'test-');
  });
  beforeEach(() => redis.flushall());
  afterAll(async () => {
    subscriptions.close();
    redis.disconnect();
    await server.stop();
  });

  /** Collects the events of a user; `next` waits until there are `count`. */
  const listen = async (userId: string) => {
    const events: LiveEvent[] = [];
    const arrivals = new EventEmitter();
    const { ready, stop } = subscriptions.listen(userId, (event) => {
      events.push(event);
      arrivals.emit('event');
    });
    await ready;
    const next = async (count: number) => {
      while (events.length < count) await once(arrivals, 'event');
      return events;
    };
    return { events, next, stop };
  };
  const push = (userId: string, progress: number, dedupeKey = `${progress}`) =>
    feed.push(userId, 'media', medium(progress), dedupeKey);

  it('reach every listener of the user, in order, and no other user', async () => {
    const [one, other, stranger] = [await listen('ann'), await listen('ann'), await listen('bob')];
    for (const progress of [1, 2]) await push('ann', progress);
    const expected = [1, 2].map((progress) => ({ id: expect.any(String), event: 'media', data: medium(progress) }));
    expect(await one.next(2)).toEqual(expected);
    expect(await other.next(2)).toEqual(expected);
    expect(stranger.events).toEqual([]);
    for (const each of [one, other, stranger]) each.stop();
  });

  it('are sent once for each deduplication key, whose namespace is the kind of event', async () => {
    const { next, stop } = await listen('ann');
    await Promise.all([push('ann', 1, 'same'), push('ann', 1, 'same')]);
    await feed.push('ann', 'notification', { id: 'n' } as never, 'same');
    await push('ann', 2);
    expect((await next(3)).map(({ event }) => event)).toEqual(['media', 'notification', 'media']);
    stop();
  });

  it('are replayed after the latest id that a page has seen', async () => {
    const { next, stop } = await listen('ann');
    for (const progress of [1, 2, 3]) await push('ann', progress);
    const events = await next(3);
    expect(await feed.since('ann', events[0]!.id!)).toEqual(events.slice(1));
    expect(await feed.since('ann', events[2]!.id!)).toEqual([]);
    stop();
  });

  it.each(['0-0', '1-1', '99999999999999-0', 'no id', '-', '+', '(1-1', `${'9'.repeat(17)}-0`])(
    'cannot be replayed after the unknown id %s',
    async (id) => {
      await push('ann', 1);
      expect(await feed.since('ann', id)).toBeNull();
    },
  );

  it('are kept for a day at most, and about 500 of them', async () => {
    await redis.zadd('test-live:ann:sent', Date.now() / 1_000 - 86_500, 'sent yesterday');
    for (let progress = 0; progress < 700; progress += 1) void push('ann', progress);
    await push('ann', 700);
    expect(await redis.xlen('test-live:ann')).toBeLessThanOrEqual(600);
    expect(await redis.zscore('test-live:ann:sent', 'sent yesterday')).toBeNull();
    for (const key of ['test-live:ann', 'test-live:ann:sent']) {
      expect(await redis.ttl(key)).toBeGreaterThan(86_000);
      expect(await redis.ttl(key)).toBeLessThanOrEqual(86_400);
    }
  });

  it('of progress carry no id and are not replayed', async () => {
    const { next, stop } = await listen('ann');
    await push('ann', 1);
    const [{ id }] = (await next(1)) as [LiveEvent];
    await feed.hint('ann', medium(2));
    expect((await next(2))[1]).toEqual({ event: 'media', data: medium(2) });
    expect(await feed.since('ann', id!)).toEqual([]);
    stop();
  });

  it('are forgotten with the account', async () => {
    await push('ann', 1);
    await push('bob', 1);
    await feed.forget('ann');
    expect((await redis.keys('*')).toSorted()).toEqual(['test-live:bob', 'test-live:bob:sent']);
  });

  it('no longer reach a listener that has stopped, while others of the user continue', async () => {
    const [stopped, other] = [await listen('ann'), await listen('ann')];
    stopped.stop();
    await push('ann', 1);
    await other.next(1);
    other.stop();
    other.stop();
    expect(stopped.events).toEqual([]);
    const again = await listen('ann');
    stopped.stop(); // a late repeat must not end the subscription of a newer listener
    await push('ann', 2);
    await again.next(1);
    again.stop();
  });

  it('report a gap when the connection is lost, and are received again afterwards', async () => {
    const gap = new Promise<void>((resolve) => subscriptions.onGap(resolve));
    const { next, stop } = await listen('ann');
    await server.kill();
    await gap;
    await expect(push('ann', 1)).rejects.toThrow(DependencyUnavailableError);
    await server.restart();
    if (redis.status !== 'ready') await once(redis, 'ready');
    await eventually(
      () => redis.pubsub('NUMSUB', 'test-live:ann'),
      ([, subscribers]) => subscribers === 1,
    );
    await push('ann', 2);
    expect((await next(1))[0]!.data).toEqual(medium(2));
    stop();
  });
});
