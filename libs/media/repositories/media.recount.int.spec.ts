import { Dynamo, newId, shardOf } from '#platform';
import { aMedium, startTestEnvironment, type TestEnvironment } from '#testing';
import type { MediaEvent, MediaItem } from '../media.item';
import { MediaCounters } from './media.counters';
import { MediaRecount } from './media.recount';
import { MediaRepository } from './media.repository';

let environment: TestEnvironment;
let dynamo: Dynamo;
let media: MediaRepository;
let counters: MediaCounters;
let recount: MediaRecount;

beforeAll(async () => {
  environment = await startTestEnvironment();
  dynamo = Dynamo.connect(environment.config());
  await dynamo.ensureTables();
  media = new MediaRepository(dynamo);
  counters = new MediaCounters(dynamo);
  recount = new MediaRecount(dynamo);
});
afterAll(async () => {
  dynamo.close();
  await environment.stop();
});

/** Counts and confirms an event, as its consumer does. */
async function settleEvent(event: MediaEvent): Promise<void> {
  await counters.apply(event);
  await dynamo.update('media', { userId: event.userId, id: event.mediaId }, { remove: [['pending', event.id]] });
}

async function createUploaded(userId: string, sizeBytes: number): Promise<MediaItem> {
  const item = aMedium({ userId, sizeBytes });
  await counters.reserve(userId, item.id, sizeBytes, null);
  await settleEvent((await media.create(item))!);
  await counters.settle(userId, item.id);
  return item;
}

const counts = async (userId: string) => ({ ...(await counters.read(userId)), used: await counters.usedBytes(userId) });

describe('MediaRecount', () => {
  it('finds no drift, also with a reservation in progress and a deleted medium', async () => {
    const userId = newId();
    await createUploaded(userId, 100);
    const deleted = await createUploaded(userId, 30);
    await settleEvent((await media.markDeleted(deleted))!.event);
    await counters.reserve(userId, newId(), 7, null);
    expect(await recount.compare(userId)).toEqual([]);
    expect(await recount.correct(userId)).toEqual([]);
    expect(await counts(userId)).toMatchObject({ total: 1, uploaded: 1, originalBytes: 100, used: 107 });
  });

  it('corrects rows that drifted and rows that are missing', async () => {
    const userId = newId();
    const items = [
      await createUploaded(userId, 100),
      await createUploaded(userId, 200),
      await createUploaded(userId, 300),
    ];
    await counters.reserve(userId, newId(), 7, null);
    const correct = await counts(userId);
    const row = `count.${shardOf(items[0]!.id)}`;
    await dynamo.update(
      'media',
      { userId: `${userId}#counters`, id: row },
      {
        add: [
          ['total', 5],
          ['failed', 2],
          ['originalBytes', -100],
        ],
      },
    );
    await dynamo.update('media', { userId: `${userId}#counters`, id: 'quota' }, { add: [['usedBytes', 1_000]] });
    expect(await recount.compare(userId)).toHaveLength(2);
    expect((await recount.correct(userId)).map((drift) => drift.row)).toEqual([row, 'quota']);
    expect(await counts(userId)).toEqual(correct);
    await dynamo.delete('media', { userId: `${userId}#counters`, id: row });
    await recount.correct(userId);
    expect(await counts(userId)).toEqual(correct);
    await settleEvent((await media.markDeleted(items[0]!))!.event); // a restored row counts further events
    expect(await counts(userId)).toMatchObject({ total: 2, originalBytes: 500, used: 507 });
  });

  it('corrects nothing while an event is pending', async () => {
    const userId = newId();
    await media.create(aMedium({ userId }));
    expect(await recount.compare(userId)).toBeNull();
    expect(await recount.correct(userId)).toEqual([]);
  });

  it('never overwrites a concurrent count', async () => {
    const userId = newId();
    const items = await Promise.all(Array.from({ length: 6 }, () => createUploaded(userId, 10)));
    for (const { id } of items)
      await dynamo.update(
        'media',
        { userId: `${userId}#counters`, id: `count.${shardOf(id)}` },
        { add: [['total', 1]] },
      );
    const done = new AbortController();
    const recounting = (async () => {
      while (!done.signal.aborted) await recount.correct(userId);
    })();
    for (let round = 0; round < 15; round += 1) {
      const item = await createUploaded(userId, 10);
      if (round % 3 === 0) await settleEvent((await media.markDeleted(item))!.event);
    }
    done.abort();
    await recounting;
    await recount.correct(userId);
    expect(await counts(userId)).toMatchObject({ total: 16, uploaded: 16, originalBytes: 160, used: 160 });
    expect(await recount.compare(userId)).toEqual([]);
  });
});
