import {
  derivedFolder,
  MediaCounters,
  MediaRepository,
  originalFolder,
  originalKey,
  sidecarKey,
  WordIndex,
  type MediaItem,
  type MediaEvent,
} from '#media';
import { JobQueue, newId, type Key } from '#platform';
import { aMedium } from '#testing';
import { TestInstallation } from './installation.testing';
import { Rebuild } from './rebuild';

const later = (minutes: number) => new Date(Date.now() + minutes * 60_000);

let installation: TestInstallation;
let userId: string;
let item: MediaItem;

beforeEach(async () => {
  installation = await TestInstallation.start();
  userId = await installation.addUser();
  item = await installation.addMedium(userId);
  await installation.addMedium(userId, 'Another one');
});
afterEach(() => installation.stop());

const update = (change: Parameters<TestInstallation['dynamo']['update']>[2], id = item.id) =>
  installation.dynamo.update('media', { userId, id }, change);

const overdueDelivery = (owner: string) =>
  installation.dynamo.put('webhooks', {
    userId: `${owner}#deliveries`,
    id: `${newId()}.${newId()}`,
    openShard: 's0',
    openAt: new Date().toISOString(),
  });

const destroy = async () => {
  for await (const row of installation.dynamo.scan<Key>('media', ['userId', 'id']))
    await installation.dynamo.delete('media', row);
};
const rebuild = () => installation.get(Rebuild).run();
const items = async () => {
  const found: MediaItem[] = [];
  for await (const row of installation.dynamo.scan<MediaItem>('media')) if (row.userId === userId) found.push(row);
  return found;
};

describe('the doctor', () => {
  it('reports nothing about a consistent installation, also a day later', async () => {
    expect(await installation.findings()).toEqual([]);
    expect(await installation.findings(later(24 * 60))).toEqual([]);
  });

  it.each<[what: string, damage: () => Promise<unknown>, finding: RegExp]>([
    [
      'an item without bytes',
      () => installation.storage.deletePrefix(originalFolder(item)),
      /Medium \w+ \(“By the sea”, user \w+\) has no original: /,
    ],
    [
      'bytes of the wrong size',
      () => installation.store(originalKey(item), 'short'),
      /has an original of 5 bytes instead of 19: /,
    ],
    [
      'a missing thumbnail',
      () => installation.storage.deletePrefix(derivedFolder(item.id)),
      /has lost thumbnail\.webp: /,
    ],
    [
      'files whose item is missing',
      () => installation.dynamo.delete('media', { userId, id: item.id }),
      /^Files without an item: originals\/.* rebuild/,
    ],
    [
      'a delivery of a webhook that nothing attempts',
      () => overdueDelivery(userId),
      /^1 deliveries of webhooks are overdue, the oldest since .* notification service/,
    ],
    ['webhooks without an account', () => overdueDelivery(newId()), /^User \w+ has 1 rows of webhooks, but no account/],
    [
      'a waiting item without a job',
      () => installation.get(MediaRepository).create(aMedium({ userId })),
      /has waited since .* without a job/,
    ],
    [
      'an expired lease',
      () =>
        update({
          set: [
            ['status', 'processing'],
            ['leaseUntil', new Date().toISOString()],
            ['openAt', new Date().toISOString()],
          ],
        }),
      /has an expired lease/,
    ],
    [
      'an analysis whose result is missing',
      () => update({ set: [['analyses', { labels: { status: 'completed', resultToken: 'lost' } }]] }),
      /has lost the results of labels: /,
    ],
    [
      'an analysis that no sweep finds',
      () => update({ set: [['analyses', { labels: { status: 'queued', resultToken: null } }]] }),
      /waits to be analysed, but no sweep can find it/,
    ],
    ['a waiting item that no sweep finds', () => update({ set: [['status', 'uploaded']] }), /no sweep can find it/],
    [
      'an unconfirmed event',
      () =>
        update({
          set: [
            [
              ['pending', 'an-event'],
              { id: 'an-event', type: 'media.completed', occurredAt: new Date().toISOString() },
            ],
          ],
        }),
      /^1 events are not confirmed/,
    ],
    [
      'an overdue deletion',
      () => update({ set: [['deletedAt', new Date().toISOString()]] }),
      /was deleted at .* and is still not erased/,
    ],
    [
      'a drifted count',
      () =>
        installation.dynamo.update('media', { userId: `${userId}#counters`, id: 'quota' }, { add: [['usedBytes', 7]] }),
      /^The counts of user \w+ are wrong \(quota: usedBytes is 46 instead of 39\)/,
    ],
    [
      'lost users',
      () => installation.dynamo.delete('users', { pk: `user#${userId}` }),
      /^The users table has no account, but there are 2 media of 1 users: it was lost/,
    ],
  ])('reports %s', async (_what, damage, finding) => {
    await damage();
    expect(await installation.findings(later(60))).toContainEqual(expect.stringMatching(finding) as string);
  });

  it('reports a missing sidecar, and nothing about a waiting item that has its job', async () => {
    const bytes = await installation.read(originalKey(item));
    await installation.storage.deletePrefix(originalFolder(item));
    await installation.store(originalKey(item), bytes);
    await installation.get(JobQueue).send('image', { userId, mediaId: item.id, round: 1 });
    await update({
      set: [
        ['status', 'uploaded'],
        ['openShard', 's0'],
        ['openAt', new Date().toISOString()],
      ],
    });
    const findings = await installation.findings(later(60));
    expect(findings).toContainEqual(expect.stringContaining('has no about.json'));
    expect(findings.filter((finding) => finding.includes('without a job'))).toEqual([]);
  });

  it('does not report an upload in progress as orphaned', async () => {
    const [reserved, unreserved] = [newId(), newId()];
    await installation.get(MediaCounters).reserve(userId, reserved, 5, null);
    await installation.store(originalKey({ userId, id: reserved }), 'bytes');
    await installation.store(sidecarKey({ userId, id: reserved }), '{}');
    await installation.store(originalKey({ userId, id: unreserved }), 'bytes');
    expect(await installation.findings()).toEqual([]);
    expect(await installation.findings(later(90))).toEqual([
      expect.stringContaining('an abandoned upload or delivery'),
    ]);
  });
});

describe('rebuilding a destroyed table', () => {
  it('recreates every item as uploaded, ready to be processed, counted and found by search', async () => {
    await destroy();
    expect(await rebuild()).toEqual({ rebuilt: 2, present: 0, skipped: [], ownersWithoutAccount: new Set() });
    const media = installation.get(MediaRepository);
    const again = (await media.get(item))!;
    expect(again).toMatchObject({
      title: item.title,
      filename: item.filename,
      sizeBytes: 19,
      createdAt: item.createdAt,
      status: 'uploaded',
      round: 1,
      derivedToken: null,
    });
    for (const event of Object.values(again.pending)) await installation.confirm(event as MediaEvent);
    for (const event of await installation.process(again)) await installation.confirm(event);
    expect((await media.get(item))!.status).toBe('completed');
    expect(await installation.get(MediaCounters).usedBytes(userId)).toBe(39);
    expect([...(await installation.get(WordIndex).find(userId, ['sea'])).keys()]).toEqual([item.id]);
  });

  it('is idempotent and changes no existing item', async () => {
    await installation.dynamo.delete('media', { userId, id: item.id });
    const [other] = await items();
    expect(await rebuild()).toMatchObject({ rebuilt: 1, present: 1 });
    expect(await rebuild()).toMatchObject({ rebuilt: 0, present: 2 });
    expect(await installation.get(MediaRepository).get(other!)).toEqual(other);
  });

  it('skips and reports what it cannot verify', async () => {
    await destroy();
    await installation.store(originalKey(item), 'short');
    const { rebuilt, skipped } = await rebuild();
    expect([rebuilt, skipped]).toEqual([1, [expect.stringContaining('has 5 bytes, but 19 were uploaded')]]);
    await installation.store(sidecarKey(item), '{"half":');
    expect((await rebuild()).skipped).toEqual([expect.stringContaining('cannot be read')]);
  });

  it('restores nothing of a deleted account, and reports owners without an account', async () => {
    await destroy();
    await installation.dynamo.delete('users', { pk: `user#${userId}` });
    await installation.dynamo.put('users', { pk: `receipt#${userId}` });
    expect(await rebuild()).toMatchObject({ rebuilt: 0, skipped: { length: 2 } });
    await installation.dynamo.delete('users', { pk: `receipt#${userId}` });
    expect(await rebuild()).toMatchObject({ rebuilt: 2, ownersWithoutAccount: new Set([userId]) });
  });
});
