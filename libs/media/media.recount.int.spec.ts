import { Dynamo, newId, shardOf } from '#platform';
import { aMedium, startTestEnvironment, type TestEnvironment } from '#testing';
import { MediaCounters } from './media.counters';
import type { MediaEvent, MediaItem } from './media.item';
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

/** As the consumer does when it is done with an event. */
async function settleEvent(event: MediaEvent): Promise<void> {
  await counters.apply(event);
  await dynamo.update('media', { userId: event.userId, id: event.mediaId }, { remove: [['pending', event.id]] });
}

async function uploaded(userId: string, sizeBytes: number): Promise<MediaItem> {
  const item = aMedium({ userId, sizeBytes });
  await counters.reserve(userId, item.id, sizeBytes, null);
  await settleEvent((await media.create(item))!);
  await counters.settle(userId, item.id);
  return item;
}

const counts = async (userId: string) => ({ ...(await counters.read(userId)), used: await counters.usedBytes(userId) });

describe('MediaRecount', () => {
  it('finds nothing where all is right, also while an upload has room and another was deleted', async () => {
    const userId = newId();
    await uploaded(userId, 100);
    const gone = await uploaded(userId, 30);
    await settleEvent((await media.markDeleted(gone))!.event);
    await counters.reserve(userId, newId(), 7, null);
    expect(await recount.compare(userId)).toEqual([]);
    expect(await recount.correct(userId)).toEqual([]);
    expect(await counts(userId)).toMatchObject({ total: 1, uploaded: 1, originalBytes: 100, used: 107 });
  });

  it('corrects what drifted, and rows that are gone', async () => {
    const userId = newId();
    const items = [await uploaded(userId, 100), await uploaded(userId, 200), await uploaded(userId, 300)];
    await counters.reserve(userId, newId(), 7, null);
    const right = await counts(userId);
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
    expect(await counts(userId)).toEqual(right);
    await dynamo.delete('media', { userId: `${userId}#counters`, id: row });
    await recount.correct(userId);
    expect(await counts(userId)).toEqual(right);
    await settleEvent((await media.markDeleted(items[0]!))!.event); // a row that a recount made counts on
    expect(await counts(userId)).toMatchObject({ total: 2, originalBytes: 500, used: 507 });
  });

  it('waits while an event is on its way', async () => {
    const userId = newId();
    await media.create(aMedium({ userId }));
    expect(await recount.compare(userId)).toBeNull();
    expect(await recount.correct(userId)).toEqual([]);
  });

  it('never takes back what is counted at the same moment', async () => {
    const userId = newId();
    const items = await Promise.all(Array.from({ length: 6 }, () => uploaded(userId, 10)));
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
      const item = await uploaded(userId, 10);
      if (round % 3 === 0) await settleEvent((await media.markDeleted(item))!.event);
    }
    done.abort();
    await recounting;
    await recount.correct(userId);
    expect(await counts(userId)).toMatchObject({ total: 16, uploaded: 16, originalBytes: 160, used: 160 });
    expect(await recount.compare(userId)).toEqual([]);
  });
});
