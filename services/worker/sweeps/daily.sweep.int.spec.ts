import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import {
  derivedFolder,
  MediaCounters,
  MediaRecount,
  MediaTable,
  MediaRepository,
  originalKey,
  sidecarKey,
  StoredFolders,
  WordIndex,
  type MediaItem,
} from '#media';
import { connectRedis, Dynamo, LocalStorage, Locks, newId } from '#platform';
import { aMedium, eventually, startTestEnvironment, type TestEnvironment } from '#testing';
import { DailySweep } from './daily.sweep';
import { OrphanFiles } from './orphan-files';

const DAY_MS = 86_400_000;
const yesterday = new Date(Date.now() - DAY_MS - 60_000);

let environment: TestEnvironment;
let dynamo: Dynamo;
let redis: Redis;
let storage: LocalStorage;
let media: MediaRepository;
let counters: MediaCounters;
let words: WordIndex;
let sweep: DailySweep;
let root: string;

beforeAll(() => Logger.overrideLogger(false));
beforeEach(async () => {
  environment = await startTestEnvironment();
  const config = environment.config();
  root = join(config.dataDir, 'objects');
  dynamo = Dynamo.connect(config);
  await dynamo.ensureTables();
  redis = connectRedis(config.redisUrl!, 'command');
  await eventually(() => redis.ping().catch(() => null), Boolean);
  storage = new LocalStorage(config.dataDir);
  media = new MediaRepository(dynamo);
  counters = new MediaCounters(dynamo);
  words = new WordIndex(dynamo);
  const orphans = new OrphanFiles(new StoredFolders(storage, dynamo), media, counters);
  sweep = new DailySweep(
    new Locks(redis, config.tablePrefix),
    new MediaTable(dynamo),
    new MediaRecount(dynamo),
    words,
    orphans,
  );
});
afterEach(async () => {
  redis.disconnect();
  dynamo.close();
  await environment.stop();
});

async function store(key: string, modifiedAt = yesterday): Promise<string> {
  await storage.write(key, Readable.from(['bytes']));
  await utimes(join(root, key), modifiedAt, modifiedAt);
  return key;
}

/** Creates a medium with all its files, a day old. */
async function storeMedium(overrides: Partial<MediaItem> = {}): Promise<MediaItem> {
  const item = aMedium({ derivedToken: newId(), ...overrides });
  await counters.reserve(item.userId, item.id, item.sizeBytes, null);
  await media.create(item);
  await counters.settle(item.userId, item.id);
  await Promise.all([
    store(originalKey(item)),
    store(sidecarKey(item)),
    store(`${derivedFolder(item.id, item.derivedToken!)}thumbnail.webp`),
  ]);
  return item;
}

async function storeMedia(count: number, userId: string): Promise<MediaItem[]> {
  const items: MediaItem[] = [];
  for (let index = 0; index < count; index += 1) items.push(await storeMedium({ userId }));
  return items;
}

const isStored = async (key: string) => (await storage.stat(key)) !== null;

describe('DailySweep', () => {
  it('erases files that are unreferenced for a day, and no others', async () => {
    const userId = newId();
    const items = await storeMedia(20, userId);
    const uploading = newId();
    await counters.reserve(userId, uploading, 5, null);
    const orphans = [
      await store(originalKey({ userId, id: newId() })),
      await store(`${derivedFolder(newId(), newId())}preview.mp4`),
      await store(`${derivedFolder(items[0]!.id, newId())}thumbnail.webp`), // of a delivery that was fenced out
    ];
    const rejected = { userId, id: newId() };
    orphans.push(await store(originalKey(rejected)), await store(sidecarKey(rejected)));
    const kept = [
      await store(originalKey({ userId, id: uploading })),
      await store(originalKey({ userId, id: newId() }), new Date(Date.now() - DAY_MS + 60_000)),
      await store(`${derivedFolder(newId(), newId())}preview.mp4`, new Date()),
      ...items.flatMap((item) => [
        originalKey(item),
        sidecarKey(item),
        `${derivedFolder(item.id, item.derivedToken!)}thumbnail.webp`,
      ]),
    ];
    await sweep.sweepAll();
    for (const key of orphans) expect([key, await isStored(key)]).toEqual([key, false]);
    for (const key of kept) expect([key, await isStored(key)]).toEqual([key, true]);
  });

  it('erases no file when the table has lost its rows', async () => {
    const items = await storeMedia(4, newId());
    for await (const { userId, id } of dynamo.scan<MediaItem>('media')) await dynamo.delete('media', { userId, id });
    await sweep.sweepAll();
    for (const item of items) expect(await isStored(originalKey(item))).toBe(true);
    await counters.reserve(items[0]!.userId, newId(), 5, null); // also when the empty table is used again
    await sweep.sweepAll();
    for (const item of items) expect(await isStored(originalKey(item))).toBe(true);
  });

  it('corrects counts, and erases stale search words and expired keys', async () => {
    const userId = newId();
    const event = (await media.create(aMedium({ userId })))!;
    await counters.apply(event);
    await dynamo.update('media', { userId, id: event.mediaId }, { remove: [['pending', event.id]] });
    await dynamo.update('media', { userId: `${userId}#counters`, id: 'quota' }, { add: [['usedBytes', 5]] });
    const staleId = `01ARZ3NDEKTSV4RRFFQ69G5FAV`; // of 2016
    await words.add({ ...aMedium({ userId, title: 'stale' }), id: staleId });
    await words.add(aMedium({ userId, title: 'recent' }));
    const key = { userId: `${userId}#idempotency`, id: 'key' };
    await dynamo.put('media', { ...key, expiresAt: Math.floor(yesterday.getTime() / 1_000) });
    await sweep.sweepAll();
    expect(await counters.usedBytes(userId)).toBe(100);
    expect((await words.find(userId, ['stale'])).size).toBe(0);
    expect((await words.find(userId, ['recent'])).size).toBe(1);
    expect(await dynamo.get('media', key)).toBeNull();
  });

  it('runs once a day', async () => {
    const orphan = { userId: newId(), id: newId() };
    await counters.reserve(orphan.userId, newId(), 5, null);
    await store(originalKey(orphan));
    await sweep.sweep();
    expect(await isStored(originalKey(orphan))).toBe(false);
    await store(originalKey(orphan));
    await sweep.sweep();
    expect(await isStored(originalKey(orphan))).toBe(true);
  });
});
