import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '#config';
import { derivedFolder, MediaRepository, originalFolder, originalKey, sidecarKey, type MediaItem } from '#media';
import { CONFIG } from '#platform';
import { createBucket, startAws, type TestAws } from '#testing';
import { Backup } from './backup';
import { BackupFolder } from './backup-folder';
import { contentOf, objectsOf, rowsOf } from './content.testing';
import { TestInstallation } from './installation.testing';
import { Restore } from './restore';

let aws: TestAws;
let dir: string;
const running: TestInstallation[] = [];

beforeAll(async () => {
  aws = await startAws();
});
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'backup-'));
});
afterEach(async () => {
  for (const installation of running.splice(0)) await installation.stop();
  rmSync(dir, { recursive: true });
});
afterAll(() => aws.stop());

const onDisk = async () => ({});
const onS3 = async () => ({ S3_BUCKET: await createBucket(aws), AWS_ENDPOINT_URL_S3: aws.endpoint });

async function start(settings: () => Promise<Record<string, string>>): Promise<TestInstallation> {
  const env = await settings();
  const installation = await TestInstallation.start(env);
  running.push(installation);
  return installation;
}

const backUp = (installation: TestInstallation, folder = join(dir, 'copy')) =>
  installation.get(Backup).run(new BackupFolder(folder));
const restore = (installation: TestInstallation, folder = join(dir, 'copy')) =>
  installation.get(Restore).run(new BackupFolder(folder));
const secretFile = (installation: TestInstallation) =>
  join(installation.app.get<Config>(CONFIG).dataDir, 'session-secret');

describe('a backup', () => {
  it.each([
    ['disk to disk', onDisk, onDisk],
    ['disk to S3', onDisk, onS3],
    ['S3 to disk', onS3, onDisk],
  ])('restores a destroyed installation completely, %s', async (_route, from, to) => {
    process.env.AWS_ENDPOINT_URL_S3 = aws.endpoint; // the SDK's own setting
    const old = await start(from);
    const userId = await old.addUser();
    await old.addMedium(userId);
    await old.addMedium(userId, 'Été à Zürich 🌊');
    await old.dynamo.put('notifications', {
      userId,
      id: 'n1',
      title: 'ready',
      read: false,
      mediaId: null,
      expiresAt: 1_800_000_000.5,
    });
    await old.dynamo.put('webhooks', { userId, id: 'w1', url: 'https://example.org/', enabled: true });
    const before = await contentOf(old);
    const manifest = await backUp(old);
    expect(manifest).toMatchObject({ rows: { users: 1, media: before.media!.length, notifications: 1 }, objects: 6 });
    const secret = readFileSync(secretFile(old), 'utf8');

    const fresh = await start(to);
    await restore(fresh);
    expect(await contentOf(fresh)).toEqual(before);
    expect(await fresh.findings()).toEqual([]);
    expect(readFileSync(secretFile(fresh), 'utf8')).toBe(secret);
    expect([statSync(dir).mode & 0o777, statSync(join(dir, 'copy', 'session-secret')).mode & 0o777]).toEqual([
      0o700, 0o600,
    ]);
  });

  it('skips bytes without an item, and items whose bytes are deleted while it copies', async () => {
    const old = await start(onDisk);
    const userId = await old.addUser();
    const [kept, lost] = [await old.addMedium(userId), await old.addMedium(userId, 'lost')];
    await old.store(originalKey({ userId, id: 'orphan' }), 'bytes');
    await old.storage.deletePrefix(originalFolder(lost));
    await backUp(old);
    const fresh = await start(onDisk);
    await restore(fresh);
    expect(await fresh.get(MediaRepository).get(lost)).toBeNull();
    const files = [
      originalKey(kept),
      sidecarKey(kept),
      ...[kept, lost].map((item: MediaItem) => `${derivedFolder(item.id, item.derivedToken!)}thumbnail.webp`),
    ];
    expect((await objectsOf(fresh)).map((line) => line.split(': ')[0])).toEqual(files.toSorted());
  });

  it('of a version with fewer tables is restored', async () => {
    const old = await start(onDisk);
    await old.addUser();
    const { rows, ...manifest } = await backUp(old);
    const { webhooks: _webhooks, ...known } = rows;
    rmSync(join(dir, 'copy', 'tables', 'webhooks.ndjson'));
    writeFileSync(join(dir, 'copy', 'backup.json'), JSON.stringify({ ...manifest, rows: known }));
    const fresh = await start(onDisk);
    await restore(fresh);
    expect(await rowsOf(fresh, 'users')).toHaveLength(1);
  });

  it('requires a new folder, and an empty installation to be restored into', async () => {
    const old = await start(onDisk);
    await old.addMedium(await old.addUser());
    await backUp(old);
    await expect(backUp(old)).rejects.toThrow('is not empty: choose a new folder');
    await expect(restore(old)).rejects.toThrow('The table snapstream-users is not empty');
    const withFiles = await start(onDisk);
    await withFiles.store('originals/u/m/original', 'bytes');
    await expect(restore(withFiles)).rejects.toThrow('The storage is not empty (originals/u/m/original)');
  });

  it('is rejected when incomplete, missing or of another version, and nothing is written', async () => {
    const old = await start(onDisk);
    await old.addMedium(await old.addUser());
    await backUp(old);
    rmSync(join(dir, 'copy', 'backup.json'));
    const fresh = await start(onDisk);
    await expect(restore(fresh)).rejects.toThrow('is not a complete backup');
    await expect(restore(fresh, join(dir, 'missing'))).rejects.toThrow('is not a complete backup');
    writeFileSync(join(dir, 'copy', 'backup.json'), '{"schemaVersion": 9}');
    await expect(restore(fresh)).rejects.toThrow('another version');
    expect([await rowsOf(fresh, 'media'), await objectsOf(fresh), existsSync(secretFile(fresh))]).toEqual([
      [],
      [],
      false,
    ]);
  });
});
