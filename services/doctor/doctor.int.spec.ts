import {
  derivedFolder,
  MediaCounters,
  MediaRepository,
  originalFolder,
  originalKey,
  sidecarKey,
  WordIndex,
  type MediaItem,
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
  it('finds nothing wrong with what is well, also later', async () => {
    expect(await installation.findings()).toEqual([]);
    expect(await installation.findings(later(24 * 60))).toEqual([]);
  });

  it.each<[what: string, harm: () => Promise<unknown>, finding: RegExp]>([
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
      'an item whose row is gone',
      () => installation.dynamo.delete('media', { userId, id: item.id }),
      /^Files without an item: originals\/.* rebuild/,
    ],
    [
      'a waiting item without a job',
      () => installation.get(MediaRepository).create(aMedium({ userId })),
      /waits since .* and has no job/,
    ],
    [
      'a dead lease',
      () =>
        update({
          set: [
            ['status', 'processing'],
            ['leaseUntil', new Date().toISOString()],
            ['openAt', new Date().toISOString()],
          ],
        }),
      /was held by a worker that died/,
    ],
    ['a waiting item that no sweeper finds', () => update({ set: [['status', 'uploaded']] }), /no sweeper can find it/],
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
      'a deletion that does not end',
      () => update({ set: [['deletedAt', new Date().toISOString()]] }),
      /was deleted at .* and is still not gone/,
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
  ])('says what is wrong with %s', async (_what, harm, finding) => {
    await harm();
    expect(await installation.findings(later(60))).toContainEqual(expect.stringMatching(finding) as string);
  });

  it('says that a sidecar is missing, and nothing of a waiting item that has its job', async () => {
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
    expect(findings.filter((finding) => finding.includes('no job'))).toEqual([]);
  });

  it('takes an upload under way for no stray', async () => {
    const [flying, arriving] = [newId(), newId()];
    await installation.get(MediaCounters).reserve(userId, flying, 5, null);
    await installation.store(originalKey({ userId, id: flying }), 'bytes');
    await installation.store(sidecarKey({ userId, id: flying }), '{}');
    await installation.store(originalKey({ userId, id: arriving }), 'bytes');
    expect(await installation.findings()).toEqual([]);
    expect(await installation.findings(later(90))).toEqual([
      expect.stringContaining('left of something that was given up'),
    ]);
  });
});

describe('rebuilding a destroyed table', () => {
  it('makes every item again as it was uploaded, ready to be processed, counted and found', async () => {
    await destroy();
    expect(await rebuild()).toEqual({ made: 2, present: 0, left: [], strangers: new Set() });
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
    for (const event of Object.values(again.pending)) await installation.confirm(event);
    for (const event of await installation.process(again)) await installation.confirm(event);
    expect((await media.get(item))!.status).toBe('completed');
    expect(await installation.get(MediaCounters).usedBytes(userId)).toBe(39);
    expect(await installation.get(WordIndex).find(userId, ['sea'])).toEqual([item.id]);
  });

  it('touches nothing that is there, however often it runs', async () => {
    await installation.dynamo.delete('media', { userId, id: item.id });
    const [other] = await items();
    expect(await rebuild()).toMatchObject({ made: 1, present: 1 });
    expect(await rebuild()).toMatchObject({ made: 0, present: 2 });
    expect(await installation.get(MediaRepository).get(other!)).toEqual(other);
  });

  it('leaves what it can not trust, and says so', async () => {
    await destroy();
    await installation.store(originalKey(item), 'short');
    const { made, left } = await rebuild();
    expect([made, left]).toEqual([1, [expect.stringContaining('has 5 bytes, but 19 were uploaded')]]);
    await installation.store(sidecarKey(item), '{"half":');
    expect((await rebuild()).left).toEqual([expect.stringContaining('can not be read')]);
  });

  it('brings nothing of a deleted account back, and tells of owners that are lost', async () => {
    await destroy();
    await installation.dynamo.delete('users', { pk: `user#${userId}` });
    await installation.dynamo.put('users', { pk: `receipt#${userId}` });
    expect(await rebuild()).toMatchObject({ made: 0, left: { length: 2 } });
    await installation.dynamo.delete('users', { pk: `receipt#${userId}` });
    expect(await rebuild()).toMatchObject({ made: 2, strangers: new Set([userId]) });
  });
});
