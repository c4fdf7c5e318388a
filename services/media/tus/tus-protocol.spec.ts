import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import type { Request } from 'express';
import { DiskReserve } from '#platform';
import { requestBody, withVerifiedBytes } from './tus-protocol';

const IDLE_MS = 60_000;

describe('requestBody', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('ends with the bytes received so far when the client stalls', async () => {
    const req = new PassThrough();
    const body = requestBody(req as unknown as Request, IDLE_MS);
    req.write('half');
    jest.advanceTimersByTime(IDLE_MS);
    expect(await text(body.bytes)).toBe('half');
    expect(body.stalled()).toBe(true);
  });

  it('ends when the client sends one byte now and then, each within the idle time', async () => {
    const req = new PassThrough();
    const body = requestBody(req as unknown as Request, IDLE_MS);
    for (let minutes = 0; minutes < 11; minutes += 1) {
      req.write('x');
      await new Promise(setImmediate); // until it was read
      jest.advanceTimersByTime(IDLE_MS - 1);
    }
    expect(body.stalled()).toBe(true);
  });

  it('ends at once, without a timer, when the connection was closed before', async () => {
    const req = new PassThrough();
    req.destroy();
    await once(req, 'close');
    const body = requestBody(req as unknown as Request, IDLE_MS);
    expect(await text(body.bytes)).toBe('');
    expect(body.stalled()).toBe(false);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not count the time after the last byte as a stall', async () => {
    const req = new PassThrough();
    const body = requestBody(req as unknown as Request, IDLE_MS);
    req.end('all');
    expect(await text(body.bytes)).toBe('all');
    jest.advanceTimersByTime(IDLE_MS * 2);
    expect(body.stalled()).toBe(false);
  });
});

describe('withVerifiedBytes', () => {
  it('rejects when its folder cannot be written, and survives the destroyed request that follows', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'checksum-'));
    const notAFolder = join(folder, 'file');
    await writeFile(notAFolder, '');
    const source = new PassThrough();
    source.write('start');
    await expect(
      withVerifiedBytes(
        source,
        { algorithm: 'sha1', digest: '' },
        { workDir: notAFolder, reserve: new DiskReserve(folder) },
        async () => {},
      ),
    ).rejects.toMatchObject({ code: expect.any(String) });
    source.destroy(new Error('not stored'));
    await expect(finished(source)).rejects.toThrow('not stored'); // by an 'error' event, which must not end the process
    await rm(folder, { recursive: true });
  });
});
