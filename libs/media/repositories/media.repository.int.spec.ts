import { setTimeout as sleep } from 'node:timers/promises';
import { DependencyUnavailableError, Dynamo, equals, JobQueue, newId, Outbox } from '#platform';
import { confirmEvent, aMedium, startTestEnvironment, type TestEnvironment } from '#testing';
import { mediaEvent } from '../media.events';
import type { MediaEvent, MediaFacts, MediaItem } from '../media.item';
import { MediaCounters } from './media.counters';
import { MediaRepository } from './media.repository';

const LEASE_MS = 60_000;
const facts: MediaFacts = {
  kind: 'image',
  width: 4,
  height: 3,
  durationSeconds: null,
  codecs: ['jpeg'],
  metadata: {},
  placeholder: 'YRgKLYYHeHiAh3eAh3iIeI+HeA==',
  derived: { thumbnail: { name: 'thumbnail.webp', contentType: 'image/webp' }, preview: 'original', waveform: null },
};

let environment: TestEnvironment;
let dynamo: Dynamo;
let media: MediaRepository;
let counters: MediaCounters;

beforeAll(async () => {
  environment = await startTestEnvironment();
  dynamo = Dynamo.connect(environment.config());
  await dynamo.ensureTables();
  media = new MediaRepository(dynamo);
  counters = new MediaCounters(dynamo);
});
afterAll(async () => {
  dynamo.close();
  await environment.stop();
});

async function createMedium(): Promise<MediaItem> {
  const item = aMedium();
  expect(await media.create(item)).toMatchObject({ id: `${item.id}.uploaded.1`, type: 'media.uploaded' });
  return item;
}

const statuses = (item: MediaItem | null) => item?.history.map(({ status, round }) => `${status}.${round}`);

describe('MediaRepository', () => {
  it('creates an id once', async () => {
    const item = await createMedium();
    expect(await media.create(item)).toBeNull();
  });

  it('lets exactly one of many concurrent claims win and reports the others busy', async () => {
    const item = await createMedium();
    const claims = await Promise.all(Array.from({ length: 20 }, () => media.claim(item, newId(), LEASE_MS)));
    const won = claims.filter(({ outcome }) => outcome === 'claimed');
    expect(won).toHaveLength(1);
    expect(won[0]).toMatchObject({ exclusive: false, announced: { id: `${item.id}.processing.1` } });
    expect(claims.filter(({ outcome }) => outcome === 'busy')).toHaveLength(19);
    expect(statuses(await media.get(item))).toEqual(['uploaded.1', 'processing.1']);
  });

  it('returns the unconfirmed event of a claim again when the medium is claimed after a crash', async () => {
    const item = await createMedium();
    const event = { id: `${item.id}.processing.1` };
    await media.claim(item, newId(), 1);
    await sleep(5);
    expect(await media.claim(item, newId(), 1)).toMatchObject({ outcome: 'claimed', announced: event });
    const { tablePrefix, redisUrl } = environment.config();
    const queue = new JobQueue(redisUrl!, tablePrefix);
    const source = { table: 'media' as const, key: { userId: item.userId, id: item.id } };
    await confirmEvent(new Outbox(dynamo, queue), source, event.id);
    await queue.close();
    await sleep(5);
    expect(await media.claim(item, newId(), LEASE_MS)).toMatchObject({ outcome: 'claimed', announced: null });
  });

  it('transfers an expired lease without a new history entry or event and fences the late delivery', async () => {
    const item = await createMedium();
    const late = newId();
    await media.claim(item, late, 50);
    await sleep(80);
    const winner = newId();
    expect(await media.claim(item, winner, LEASE_MS)).toMatchObject({
      outcome: 'claimed',
      exclusive: true,
      announced: { id: `${item.id}.processing.1` },
    });
    expect(await media.renew(item, late, LEASE_MS, 10)).toBe(false);
    expect(await media.finish(item, late, { status: 'failed', code: 'invalid_media' })).toBeNull();
    expect(await media.finish(item, winner, { status: 'completed', facts, derivedBytes: 7 })).toMatchObject({
      event: { id: `${item.id}.completed.1`, derivedBytes: 7 },
    });
    const ended = await media.get(item);
    expect(statuses(ended)).toEqual(['uploaded.1', 'processing.1', 'completed.1']);
    expect(ended).toMatchObject({ status: 'completed', derivedToken: winner, width: 4, crashes: 1 });
    expect(Object.keys(ended!.pending).toSorted()).toEqual([
      `${item.id}.completed.1`,
      `${item.id}.processing.1`,
      `${item.id}.uploaded.1`,
    ]);
  });

  it('gives up on an item that crashed three workers, but not on one that was released as often', async () => {
    const crashing = await createMedium();
    const released = await createMedium();
    for (let round = 0; round < 3; round += 1) {
      await media.claim(crashing, newId(), 1);
      const token = newId();
      await media.claim(released, token, LEASE_MS);
      await media.release(released, token, new Date(Date.now() - 1));
      await sleep(5);
    }
    expect(await media.claim(crashing, newId(), LEASE_MS)).toMatchObject({
      outcome: 'exhausted',
      code: 'crashed_worker',
    });
    expect(await media.claim(released, newId(), LEASE_MS)).toMatchObject({ outcome: 'claimed', exclusive: false });
  });

  it('retries a failed item once, in the next round, with the results of the last one cleared', async () => {
    const item = await createMedium();
    const token = newId();
    await media.claim(item, token, LEASE_MS);
    expect(await media.retry(item)).toBeNull();
    await media.finish(item, token, { status: 'failed', code: 'processing_timeout' });
    expect((await media.get(item))?.failure).toMatchObject({ code: 'processing_timeout', retryable: true });
    const retries = await Promise.all([media.retry(item), media.retry(item), media.retry(item)]);
    expect(retries.filter(Boolean)).toHaveLength(1);
    expect(await media.get(item)).toMatchObject({
      status: 'uploaded',
      round: 2,
      failure: null,
      completedAt: null,
      progress: 0,
    });
    expect(await media.claim(item, newId(), LEASE_MS)).toMatchObject({ announced: { id: `${item.id}.processing.2` } });
  });

  it('rejects a retry before unconfirmed events outgrow the item, and accepts it once they are confirmed', async () => {
    const item = aMedium({
      title: '🌊'.repeat(200),
      description: 'd'.repeat(5_000),
      metadata: { text: 'm'.repeat(16_000) },
    });
    await media.create(item);
    const failAndRetry = async () => {
      const token = newId();
      await media.claim(item, token, LEASE_MS);
      await media.finish(item, token, { status: 'failed', code: 'processing_error' });
      return media.retry(item);
    };
    let rounds = 1;
    const rejection = await (async () => {
      for (; rounds < 100; rounds += 1) await failAndRetry();
    })().catch((error: unknown) => error);
    expect(rejection).toBeInstanceOf(DependencyUnavailableError);
    expect(rounds).toBeGreaterThan(10);
    const full = (await media.get(item))!;
    expect(Buffer.byteLength(JSON.stringify(full))).toBeLessThan(200_000);
    for (const id of Object.keys(full.pending))
      await dynamo.update('media', { userId: item.userId, id: item.id }, { remove: [['pending', id]] });
    expect(await media.retry(item)).toMatchObject({ item: { round: rounds + 1 } });
  });

  it('never restores a medium that was deleted while it was processed', async () => {
    const item = await createMedium();
    const token = newId();
    await media.claim(item, token, LEASE_MS);
    expect(await media.markDeleted(item)).toMatchObject({ event: { type: 'media.deleted', status: 'processing' } });
    expect(await media.markDeleted(item)).toBeNull();
    expect(await media.renew(item, token, LEASE_MS, 50)).toBe(false);
    expect(await media.finish(item, token, { status: 'completed', facts, derivedBytes: 1 })).toBeNull();
    expect(await media.claim(item, newId(), LEASE_MS)).toEqual({ outcome: 'nothing_to_do' });
    expect(await media.get(item)).toBeNull();
    expect(await media.removeErased(item)).toBe(false); // the files come first
    await media.markFilesErased(item);
    expect(await media.removeErased(item)).toBe(false); // its events are not confirmed yet
  });
});

describe('MediaCounters', () => {
  it('counts each event exactly once, in any order', async () => {
    const item = await createMedium();
    const token = newId();
    const claim = await media.claim(item, token, LEASE_MS);
    const finished = await media.finish(item, token, { status: 'completed', facts, derivedBytes: 30 });
    const events = [
      finished!.event,
      (await media.get(item))!.pending[`${item.id}.uploaded.1`] as MediaEvent,
      claim.outcome === 'claimed' ? claim.announced! : finished!.event,
    ];
    await Promise.all([...events, ...events].map((event) => counters.apply(event)));
    expect(await counters.read(item.userId)).toEqual({
      total: 1,
      uploaded: 0,
      processing: 0,
      completed: 1,
      failed: 0,
      bytes: 130,
      originalBytes: 100,
      quotaBytes: null,
    });
    const deleted = await media.markDeleted(item);
    await counters.apply(deleted!.event);
    expect(await counters.read(item.userId)).toMatchObject({ total: 0, completed: 0, bytes: 0 });
  });

  it('returns the activity of the last 30 days, counts each event once and removes older days', async () => {
    const item = await createMedium();
    const now = new Date();
    const ago = (days: number) => new Date(now.getTime() - days * 86_400_000).toISOString();
    const event = (days: number, status: MediaItem['status'], from: MediaItem['status'] | null, round = 1) =>
      mediaEvent({ ...item, status, round }, from, ago(days));
    const events = [
      event(30, 'uploaded', null, 9),
      event(29, 'uploaded', null),
      event(29, 'processing', 'uploaded'),
      event(28, 'failed', 'processing'),
      event(1, 'uploaded', 'failed', 2),
      event(0, 'completed', 'processing', 2),
    ];
    await Promise.all([...events, ...events].map((each) => counters.apply(each)));
    const { days } = await counters.activity(item.userId, now);
    expect(days).toHaveLength(30);
    expect(days.filter(({ uploaded, completed, failed }) => uploaded + completed + failed > 0)).toEqual([
      { date: ago(29).slice(0, 10), uploaded: 1, completed: 0, failed: 0 },
      { date: ago(28).slice(0, 10), uploaded: 0, completed: 0, failed: 1 },
      { date: ago(0).slice(0, 10), uploaded: 0, completed: 1, failed: 0 },
    ]);
    const { items: rows } = await dynamo.query('media', { where: equals('userId', `${item.userId}#counters`) });
    expect(rows.flatMap((row) => Object.keys(row)).filter((name) => name.startsWith(ago(30).slice(0, 10)))).toEqual([]);
  });

  it('keeps only the closed quota row of an erased account', async () => {
    const item = await createMedium();
    await counters.reserve(item.userId, item.id, 10, null);
    await counters.apply(mediaEvent(item, null, item.createdAt));
    expect(await counters.read(item.userId)).toMatchObject({ total: 1 });
    await counters.close(item.userId);
    await counters.erase(item.userId, false);
    expect(await counters.read(item.userId)).toMatchObject({ total: 0, uploaded: 0, bytes: 0 });
    expect((await counters.activity(item.userId)).days.every(({ uploaded }) => uploaded === 0)).toBe(true);
    expect(await counters.reserve(item.userId, newId(), 1, null)).toBe('account_deleted');
  });

  it('limits the uploads in progress of a user and lets each of them resume', async () => {
    const userId = newId();
    const at = new Date().toISOString();
    const reserved = Object.fromEntries(Array.from({ length: 100 }, () => [newId(), { bytes: 1, at }]));
    await counters.reserve(userId, 'first', 1, null);
    await dynamo.update('media', { userId: `${userId}#counters`, id: 'quota' }, { set: [['reserved', reserved]] });
    expect(await counters.reserve(userId, newId(), 1, null)).toBe('too_many');
    expect(await counters.reserve(userId, Object.keys(reserved)[0]!, 1, null)).toBe('reserved');
    await counters.cancel(userId, Object.keys(reserved)[1]!);
    expect(await counters.reserve(userId, newId(), 1, null)).toBe('reserved');
    expect(await counters.reserve(userId, newId(), 1, null, { isBrief: true })).toBe('reserved');
  });

  it('reserves quota for exactly as many parallel uploads as fit', async () => {
    const userId = newId();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => counters.reserve(userId, newId(), 10, 75)));
    expect(outcomes.filter((outcome) => outcome === 'reserved')).toHaveLength(7);
    expect(await counters.usedBytes(userId)).toBe(70);
  });

  it('changes the size of a reservation within the quota, and releases its last size', async () => {
    const userId = newId();
    const uploadId = newId();
    await counters.reserve(userId, uploadId, 10, 50);
    expect(await counters.reserve(userId, uploadId, 40, 50)).toBe('reserved');
    expect(await counters.reserve(userId, newId(), 11, 50)).toBe('held');
    expect(await counters.reserve(userId, newId(), 51, 50)).toBe('full');
    expect(await counters.reserve(userId, uploadId, 51, 50)).toBe('full');
    expect(await counters.reserve(userId, uploadId, 20, 50)).toBe('reserved');
    expect(await counters.usedBytes(userId)).toBe(20);
    await counters.cancel(userId, uploadId);
    expect(await counters.usedBytes(userId)).toBe(0);
  });

  it('releases a cancelled reservation once and rejects reservations of a closed account', async () => {
    const userId = newId();
    const uploadId = newId();
    await counters.reserve(userId, uploadId, 10, 10);
    await counters.cancel(userId, uploadId);
    await counters.cancel(userId, uploadId);
    expect(await counters.usedBytes(userId)).toBe(0);
    expect(await counters.reserve(userId, newId(), 11, 10)).toBe('full');
    await counters.close(userId);
    expect(await counters.reserve(userId, newId(), 1, 10)).toBe('account_deleted');
  });
});
