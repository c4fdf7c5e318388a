import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Redis } from 'ioredis';
import { analysisKey } from '#contracts';
import {
  AnalysisRepository,
  MediaCounters,
  MediaEraser,
  MediaRepository,
  originalKey,
  WordIndex,
  type MediaItem,
  MediaAnnouncer,
  QueueEstimator,
} from '#media';
import {
  connectRedis,
  Dynamo,
  JobQueue,
  Locks,
  newId,
  Outbox,
  LocalStorage,
  LiveFeed,
  QueuePositions,
} from '#platform';
import { confirmEvent, aMedium, startTestEnvironment, type TestEnvironment } from '#testing';
import { MediaSweeper } from './media.sweep';

let environment: TestEnvironment;
let dynamo: Dynamo;
let queue: JobQueue;
let media: MediaRepository;
let counters: MediaCounters;
let sweeper: MediaSweeper;
let words: WordIndex;
let storage: LocalStorage;
let dir: string;
let redis: Redis;

beforeAll(async () => {
  environment = await startTestEnvironment();
  const config = environment.config();
  dir = await mkdtemp(join(tmpdir(), 'sweeper-'));
  dynamo = Dynamo.connect(config);
  await dynamo.ensureTables();
  queue = new JobQueue(config.redisUrl!, config.tablePrefix);
  redis = connectRedis(config.redisUrl!, 'command');
  await new Promise((resolve) => redis.once('ready', resolve));
  media = new MediaRepository(dynamo);
  counters = new MediaCounters(dynamo);
  words = new WordIndex(dynamo);
  storage = new LocalStorage(dir);
  sweeper = new MediaSweeper(
    media,
    counters,
    new MediaEraser(storage, words, media),
    new MediaAnnouncer(
      new Outbox(dynamo, queue),
      new LiveFeed(redis, config.tablePrefix),
      new QueueEstimator(new QueuePositions(redis, config.tablePrefix)),
      queue,
    ),
    new Locks(redis, config.tablePrefix),
  );
  await sweeper.sweep(); // the first one counts as after a loss
});
afterAll(async () => {
  await queue.close();
  redis.disconnect();
  dynamo.close();
  await environment.stop();
  await rm(dir, { recursive: true });
});

async function createMedium(): Promise<MediaItem> {
  const item = aMedium();
  await media.create(item);
  return item;
}

/** Makes a row due for the sweep. */
async function makeDue(key: { userId: string; id: string }): Promise<void> {
  await dynamo.update(
    'media',
    { userId: key.userId, id: key.id },
    { set: [['openAt', new Date(Date.now() - 1).toISOString()]] },
  );
}

const waiting = async () => (await queue.counts('image')).waiting;

describe('MediaSweeper', () => {
  it('sends one wake-up for a due item, and none for others', async () => {
    const item = await createMedium();
    await sweeper.sweep();
    expect(await waiting()).toBe(0);
    await makeDue(item);
    await sweeper.sweep();
    expect(await waiting()).toBe(1);
    await makeDue(item);
    await sweeper.sweep();
    expect(await waiting()).toBe(1); // the same job is waiting already
  });

  it('sends a wake-up for an item whose lease expired', async () => {
    const item = await createMedium();
    await media.claim(item, newId(), 1);
    const before = await waiting();
    await makeDue(item);
    await sweeper.sweep();
    expect(await waiting()).toBe(before + 1);
  });

  it('sends the lost wake-up of an analysis, and closes a medium whose last one has ended', async () => {
    const item = await createMedium();
    const token = newId();
    await media.claim(item, token, 10_000);
    const facts = { kind: 'image' as const, width: 4, height: 3, durationSeconds: null, codecs: [], metadata: {} };
    const derived = { thumbnail: null, preview: null, waveform: null };
    const ending = { status: 'completed' as const, facts: { ...facts, placeholder: null, derived }, derivedBytes: 0 };
    const finished = (await media.finish(item, token, ending))!.item;
    const analyses = new AnalysisRepository(dynamo);
    await analyses.request(item, [{ analyser: 'labels', provider: 'local', model: 'm' }], false);
    await makeDue(finished);
    await sweeper.sweep();
    const run = { userId: item.userId, mediaId: item.id, analyser: 'labels' as const, run: 1 };
    expect(await queue.has('analysis', analysisKey(run))).toBe(true);
    const claim = await analyses.claim(run, token, 10_000);
    if (claim.outcome !== 'claimed') throw new Error(claim.outcome);
    await makeDue(finished); // as if another run had been requested meanwhile
    await analyses.finish(claim, token, { status: 'completed', costMicros: 0 });
    expect((await media.get(item))!.openAt).toBeDefined();
    await sweeper.sweep();
    expect((await media.get(item))!.openAt).toBeUndefined();
  });

  it('resends an unconfirmed event after 30 s', async () => {
    const item = await createMedium();
    await sweeper.sweep();
    expect((await queue.counts('events')).waiting).toBe(0);
    const old = new Date(Date.now() - 31_000).toISOString();
    await dynamo.update(
      'media',
      { userId: item.userId, id: item.id },
      {
        set: [
          ['outboxAt', old],
          [['pending', `${item.id}.uploaded.1`, 'occurredAt'], old],
        ],
      },
    );
    await sweeper.sweep();
    expect((await queue.counts('events')).waiting).toBe(1);
  });

  it('sends the lost wake-up and event of a new medium at once after Redis has lost its data', async () => {
    const item = await createMedium();
    await queue.send('image', { userId: item.userId, mediaId: item.id, round: 1 });
    await redis.flushall();
    await sweeper.sweep();
    expect(await queue.has('image', `${item.id}.1`)).toBe(true);
    expect((await queue.counts('events')).waiting).toBeGreaterThan(0);
    const later = await createMedium();
    await sweeper.sweep();
    expect(await queue.has('image', `${later.id}.1`)).toBe(false);
  });

  it('resumes an interrupted deletion, and keeps the item until its events are confirmed', async () => {
    const item = await createMedium();
    await storage.write(originalKey(item), Readable.from(['bytes']));
    await words.add(item);
    const deleted = await media.markDeleted(item);
    await makeDue(item);
    await sweeper.sweep();
    expect(await storage.stat(originalKey(item))).toBeNull();
    expect((await words.find(item.userId, ['t'])).size).toBe(0);
    expect(await media.getEvenDeleted(item)).not.toBeNull();
    const outbox = new Outbox(dynamo, queue);
    const source = { table: 'media' as const, key: { userId: item.userId, id: item.id } };
    for (const eventId of [deleted!.event.id, `${item.id}.uploaded.1`]) await confirmEvent(outbox, source, eventId);
    await makeDue(item);
    await sweeper.sweep();
    expect(await media.getEvenDeleted(item)).toBeNull();
  });

  it('releases the quota and erases the bytes of uploads abandoned a day ago, and of no others', async () => {
    const item = await createMedium();
    const { userId } = item;
    const yesterday = new Date(Date.now() - 25 * 3_600_000);
    const quota = { userId: `${userId}#counters`, id: 'quota' };
    const [abandoned, incomplete, recent] = [newId(), newId(), newId()];
    for (const id of [item.id, abandoned, incomplete, recent]) {
      await counters.reserve(userId, id, 10, null);
      await storage.write(originalKey({ userId, id }), Readable.from(['bytes']));
    }
    for (const id of [item.id, abandoned])
      await utimes(join(LocalStorage.objectsDir(dir), originalKey({ userId, id })), yesterday, yesterday);
    await dynamo.update('media', quota, {
      set: [item.id, abandoned, incomplete].map((id) => [['reserved', id, 'at'], yesterday.toISOString()] as const),
    });
    await makeDue(quota);
    await sweeper.sweep();
    const row = await dynamo.get<{ reserved: Record<string, unknown> }>('media', quota);
    expect(new Set(Object.keys(row!.reserved))).toEqual(new Set([incomplete, recent]));
    expect(await counters.usedBytes(userId)).toBe(30);
    const stored = await Promise.all(
      [item.id, abandoned, incomplete, recent].map(
        async (id) => (await storage.stat(originalKey({ userId, id }))) !== null,
      ),
    );
    expect(stored).toEqual([true, false, true, true]);
  });
});
