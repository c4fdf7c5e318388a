import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Logger } from '@nestjs/common';
import { derivedFolder, originalFolder, originalKey } from '#media';
import { DependencyUnavailableError, LocalStorage, StorageFullError } from '#platform';
import { MediaFailure } from './analysis';
import {
  analyseUntilAborted,
  analyseWell,
  FakeClaims,
  FakeWorker,
  facts,
  failWith,
  thumbnail,
  unavailable,
  type Analyse,
} from './processing.testing';

describe('ProcessingService', () => {
  let root: string;
  let storage: LocalStorage;
  let claims: FakeClaims;
  let worker: FakeWorker;

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'processing-'));
    storage = new LocalStorage(root);
    claims = new FakeClaims();
    worker = new FakeWorker(claims, storage);
    await storage.write(originalKey(claims.item), Readable.from([Buffer.from('original')]));
    jest.useFakeTimers();
  });
  afterEach(async () => {
    jest.useRealTimers();
    await rm(root, { recursive: true });
  });
  const derivedKeys = async () => (await Array.fromAsync(storage.list('derived/'))).map(({ key }) => key);

  it('completes a medium whose derived files are stored under the token of the claim', async () => {
    expect(await worker.process(analyseWell)).toBe('done');
    expect(claims.ended).toEqual({ status: 'completed', facts, derivedBytes: 6 });
    expect(await derivedKeys()).toEqual([`${derivedFolder(claims.item.id, claims.token!)}${thumbnail.name}`]);
    expect(worker.announced).toEqual(['media.processing', 'media.completed']);
  });

  it.each([
    ['when it ends early', analyseUntilAborted],
    ['when it ends normally', (job) => analyseUntilAborted(job).catch(() => analyseWell(job))],
  ] satisfies Array<[string, Analyse]>)(
    'stores, ends and announces nothing after its claim was lost, %s',
    async (_, end) => {
      const analyse: Analyse = (job) => {
        claims.token = 'of another delivery';
        return end(job);
      };
      expect(await worker.process(analyse)).toBe('again');
      expect([claims.ended, await derivedKeys()]).toEqual([null, []]);
      expect(worker.announced).toEqual(['media.processing']);
    },
  );

  it('deletes its derived files when its end is fenced', async () => {
    claims.finish = async () => null;
    expect(await worker.process(analyseWell)).toBe('done');
    expect(await derivedKeys()).toEqual([]);
    expect(worker.announced).toEqual(['media.processing']);
  });

  it('deletes the files of earlier deliveries in a later round', async () => {
    claims.item.round = 2;
    await storage.write(`${derivedFolder(claims.item.id, 'earlier')}preview.webp`, Readable.from([Buffer.from('x')]));
    await worker.process(analyseWell);
    expect(await derivedKeys()).toEqual([`${derivedFolder(claims.item.id, claims.token!)}${thumbnail.name}`]);
  });

  it('fails a bad file with its code, at once', async () => {
    expect(await worker.process(failWith(new MediaFailure('invalid_media')))).toBe('done');
    expect(claims.ended).toEqual({ status: 'failed', code: 'invalid_media' });
    expect(worker.announced).toEqual(['media.processing', 'media.failed']);
  });

  it.each(['crashed_worker', 'processing_timeout'] as const)('keeps the job of a %s for the operator', async (code) => {
    expect(await worker.process(failWith(new MediaFailure(code)))).toBe('failed');
    expect(claims.ended).toEqual({ status: 'failed', code });
  });

  it('fails a medium whose original is missing', async () => {
    await storage.write('originals/x/y/z', Readable.from([Buffer.from('the volume is mounted')]));
    await storage.deletePrefix(originalFolder(claims.item));
    expect(await worker.process(analyseWell)).toBe('failed');
    expect(claims.ended).toEqual({ status: 'failed', code: 'original_missing' });
  });

  it('fails a medium that crashed its workers too often, without processing it', async () => {
    claims.isExhausted = true;
    expect(await worker.process(analyseWell)).toBe('failed');
    expect(claims.ended).toEqual({ status: 'failed', code: 'crashed_worker' });
  });

  it('retries the end during a short outage of the table, without another analysis', async () => {
    const finish = claims.finish.bind(claims);
    let failures = 3;
    claims.finish = async (...args) => (failures-- > 0 ? Promise.reject(unavailable) : finish(...args));
    const analyse = jest.fn(analyseWell);
    expect(await worker.process(analyse)).toBe('done');
    expect(claims.ended).toMatchObject({ status: 'completed' });
    expect(analyse).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['an outage', unavailable],
    ['a full disk', new StorageFullError('full')],
    ['no descriptors', new Error('EMFILE')],
  ])('releases the medium after %s, and counts no error', async (_name, outage) => {
    expect(await worker.process(failWith(outage))).toBe('again');
    expect(claims.releases).toEqual([{ inMs: 3_000, isError: false }]);
    expect(claims.ended).toBeNull();
  });

  it('deletes the derived files of a delivery that could not store all of them', async () => {
    storage.writeFile = async (key) => {
      await storage.write(key, Readable.from([Buffer.from('stored, then the response was lost')]));
      throw new DependencyUnavailableError('storage', new Error('hangs'));
    };
    expect(await worker.process(analyseWell)).toBe('again');
    expect(await derivedKeys()).toEqual([]);
  });

  it('keeps the derived files that the table may name after an ambiguous end', async () => {
    claims.finish = failWith(new Error('broken'));
    claims.mayName = async () => true;
    expect(await worker.process(analyseWell)).toBe('again');
    expect(await derivedKeys()).toHaveLength(1);
  });

  it('doubles the pause after each internal error, then fails the medium', async () => {
    for (; claims.item.errors < 4; claims.item.errors += 1)
      expect(await worker.process(failWith(new Error('broken')))).toBe('again');
    expect(claims.releases).toEqual([2_000, 4_000, 8_000, 16_000].map((inMs) => ({ inMs, isError: true })));
    expect(await worker.process(failWith(new Error('broken')))).toBe('failed');
    expect(claims.ended).toEqual({ status: 'failed', code: 'processing_error' });
  });

  it('fails a medium as too complex when it repeatedly fills a disk that is free without it', async () => {
    claims.item.errors = 4;
    worker.isDiskFree = false;
    expect(await worker.process(failWith(new Error('ENOSPC')))).toBe('again');
    worker.isDiskFree = true;
    expect(await worker.process(failWith(new Error('ENOSPC')))).toBe('failed');
    expect(claims.ended).toEqual({ status: 'failed', code: 'too_complex' });
  });

  it('releases the medium at a shutdown, for another worker at once', async () => {
    setTimeout(() => worker.shutdown.abort(new Error('shutdown')), 1_000);
    expect(await worker.process(analyseUntilAborted)).toBe('again');
    expect(claims.releases).toEqual([{ inMs: 0, isError: false }]);
  });

  it('releases a lease that ended during an outage of the table, when the table is available again', async () => {
    claims.renew = failWith(unavailable);
    const release = claims.release.bind(claims);
    let failures = 3;
    claims.release = async (...args) => (failures-- > 0 ? Promise.reject(unavailable) : release(...args));
    expect(await worker.process(analyseUntilAborted)).toBe('again');
    expect(claims.releases).toEqual([{ inMs: 0, isError: false }]);
  });

  it('gives up the lease of work that exceeds its time limit without a release, since it may hang', async () => {
    const run = worker.process((job) => {
      worker.stepMs = 10_000;
      return analyseUntilAborted(job).finally(() => (worker.stepMs = 10));
    });
    expect(await run).toBe('again');
    expect([claims.releases, claims.ended]).toEqual([[], null]);
  });

  it('renews with a progress that never falls and stays below 100, and shows it once a second at most', async () => {
    await worker.process(async (job) => {
      for (const percent of [50.5, 60, 20]) job.onProgress!(percent);
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      job.onProgress!(150);
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      return analyseWell(job);
    });
    expect([...new Set(claims.progress)].filter((percent) => percent > 0)).toEqual([60, 99]);
    expect(worker.hints).toEqual([50, 99]);
  });

  it('tries again later when the claim cannot be read, and does nothing for a medium that has ended', async () => {
    claims.claim = failWith(unavailable);
    expect(await worker.process(analyseWell)).toBe('again');
    Object.assign(claims, { claim: async () => ({ outcome: 'nothing_to_do' }) });
    expect(await worker.process(analyseWell)).toBe('done');
    expect([claims.releases, claims.ended]).toEqual([[], null]);
  });
});
