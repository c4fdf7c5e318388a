import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { loadSettingsFile, processStart, runningFile, type Config } from '#config';
import { originalFolder, originalKey, sidecarKey } from '#media';
import { CONFIG } from '#platform';
import { createBucket, seededRandom, startAws, type TestAws } from '#testing';
import { contentOf } from '../content.testing';
import { TestInstallation } from '../installation.testing';
import { runMove } from './command';
import { MoveMarker } from './marker';
import { Move } from './move';
import { connectSide, type Side } from './side';

const INTERRUPTED = 'interrupted at random';

/** The stores of a side fail at the call with this number, before or after it took effect (a lost response). */
function failingAt(side: Side, call: number, isBefore: boolean): Side {
  let calls = 0;
  const failing = <T extends object>(stores: T, names: readonly string[]): T =>
    new Proxy(stores, {
      get(of, name) {
        const member = (Reflect.get(of, name) as (...args: unknown[]) => unknown).bind(of);
        if (!names.includes(String(name))) return member;
        return async (...args: unknown[]) => {
          const isFailing = calls++ === call;
          const result = isFailing && isBefore ? null : await member(...args);
          if (!isFailing) return result;
          for (const each of [result, ...args]) if (each instanceof Readable) each.destroy();
          throw new Error(INTERRUPTED);
        };
      },
    });
  const storage = failing(side.storage, ['write', 'stat', 'read', 'deletePrefix']);
  return { ...side, dynamo: failing(side.dynamo, ['getMany', 'writeMany']), storage };
}

async function withSide<T>(file: string, use: (side: Side) => Promise<T>): Promise<T> {
  const side = await connectSide(loadSettingsFile(file, ''));
  return use(side).finally(() => side.dynamo.close());
}

const secretOfFile = (file: string) => loadSettingsFile(file, '').config.sessionSecret();

describe('a move', () => {
  let aws: TestAws;
  let dir: string;
  let source: TestInstallation;
  let printed: string[];
  let files: { disk: string; s3: string; back: string };

  const settings = (name: string, env: Record<string, string>) => {
    const path = join(dir, `${name}.env`);
    writeFileSync(
      path,
      Object.entries(env)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    );
    return path;
  };
  const move = (from: string, to: string, ...flags: string[]) =>
    runMove(['--from', from, '--to', to, ...flags], (line) => printed.push(line));

  beforeAll(async () => {
    aws = await startAws();
  });
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'move-'));
    printed = [];
    source = await TestInstallation.start();
    const { dataDir, dynamodbEndpoint } = source.app.get<Config>(CONFIG);
    const credentials = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
    const tables = { AWS_ENDPOINT_URL_DYNAMODB: dynamodbEndpoint!, ...credentials };
    files = {
      disk: settings('disk', { DATA_DIR: dataDir, ...tables }),
      s3: settings('s3', {
        DATA_DIR: join(dir, 'there'),
        TABLE_PREFIX: 'there-',
        S3_BUCKET: await createBucket(aws),
        AWS_ENDPOINT_URL_S3: aws.endpoint,
        ...tables,
      }),
      back: settings('back', { DATA_DIR: join(dir, 'back'), TABLE_PREFIX: 'back-', ...tables }),
    };
  });
  afterEach(async () => {
    await source.stop();
    rmSync(dir, { recursive: true });
  });
  afterAll(() => aws.stop());

  it('loses and doubles nothing when it is interrupted 20 times, and moves back', async () => {
    const userId = await source.addUser();
    for (let at = 0; at < 4; at += 1) await source.addMedium(userId, `Été à Zürich 🌊 ${at}`);
    const before = await contentOf(source);
    const random = seededRandom(18);
    await withSide(files.disk, (from) =>
      withSide(files.s3, async (to) => {
        await new MoveMarker(from, to).set();
        for (let interruptions = 0; interruptions < 20; interruptions += 1) {
          const interrupted = new Move(from, failingAt(to, Math.floor(random() * 30), random() < 0.5));
          const run = async () => {
            await interrupted.run();
            for await (const _ of interrupted.differences());
          };
          await expect(run()).rejects.toThrow(INTERRUPTED);
        }
      }),
    );
    expect(await move(files.disk, files.s3)).toBe(true);
    expect(await withSide(files.s3, contentOf)).toEqual(before);
    expect(before.objects).toHaveLength(12);
    expect(printed.join('\n')).toMatch(/Copied: \d of 12 files/); // most were copied by the interrupted runs

    expect(await move(files.s3, files.back)).toBe(true);
    expect(await withSide(files.back, contentOf)).toEqual(before);
  });

  it('copies while the product runs, later what has changed, and repairs and reports damage', async () => {
    const userId = await source.addUser();
    const kept = await source.addMedium(userId, 'kept');
    const deleted = await source.addMedium(userId, 'deleted');
    const damaged = await source.addMedium(userId, 'damaged');
    await source.store(originalKey(damaged), 'bytes of DAMAGED');
    expect(await move(files.disk, files.back, '--dry-run')).toBe(true);
    const copiedNothing = await withSide(files.back, contentOf);
    expect([printed[0], copiedNothing.objects, copiedNothing.users]).toEqual([
      expect.stringContaining('Would copy: 9 of 9 files'),
      [],
      [],
    ]);
    expect(await move(files.disk, files.back, '--while-running')).toBe(true);

    await source.storage.deletePrefix(originalFolder(deleted));
    await source.dynamo.delete('media', { userId, id: deleted.id });
    await withSide(files.back, async ({ storage }) => {
      for (const key of [originalKey(kept), sidecarKey(kept)]) {
        const { sizeBytes } = (await storage.stat(key))!;
        await storage.write(key, Readable.from(['x'.repeat(sizeBytes)]));
      }
    });
    expect(await move(files.disk, files.back)).toBe(true);
    expect(printed.join('\n')).toMatch(
      /original: has another sha256(.|\n)*before the move: 1(.|\n)*The move is complete/,
    );
    expect(await withSide(files.back, contentOf)).toEqual(await contentOf(source));
    expect(secretOfFile(files.back)).toBe(secretOfFile(files.disk));
    await expect(move(files.disk, files.back)).rejects.toThrow('back-users is not empty');
  });

  it('refuses what would overwrite data, or copies from nowhere', async () => {
    await source.addMedium(await source.addUser());
    await expect(move(files.disk, files.disk)).rejects.toThrow('Both sides are the same');
    await expect(move(files.back, files.s3)).rejects.toThrow('There is no installation to move');
    await expect(move(files.s3, join(dir, 'missing.env'))).rejects.toThrow('missing.env');
    await expect(runMove(['--from', files.disk], () => {})).rejects.toThrow('Usage: npm run move');
    await move(join(dir, 'disk'), join(dir, 'back'), '--while-running'); // disk.env, back.env
    await withSide(files.s3, () => Promise.resolve()); // makes the tables
    await expect(move(files.s3, files.back)).rejects.toThrow('A move from snapstream-* at');
    writeFileSync(
      runningFile(source.app.get<Config>(CONFIG).dataDir),
      JSON.stringify({
        pid: process.pid,
        started: processStart(process.pid),
        redisUrl: null,
        dynamodbEndpoint: null,
        url: '',
      }),
    );
    await expect(move(files.disk, files.back)).rejects.toThrow('The product runs on');
  });
});
