import type { Request } from 'express';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { requestBody } from './tus-protocol';

const IDLE_MS = 60_000;

describe('requestBody', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('ends with what has arrived when nothing comes any more', async () => {
    const req = new PassThrough();
    const body = requestBody(req as unknown as Request, IDLE_MS);
    req.write('half');
    jest.advanceTimersByTime(IDLE_MS);
    expect(await text(body.bytes)).toBe('half');
    expect(body.stalled()).toBe(true);
  });

  it('ends at once, without a timer, when the client left before', async () => {
    const req = new PassThrough();
    req.destroy();
    await once(req, 'close');
    const body = requestBody(req as unknown as Request, IDLE_MS);
    expect(await text(body.bytes)).toBe('');
    expect(body.stalled()).toBe(false);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not take the time that is needed after the last byte for a client that fell silent', async () => {
    const req = new PassThrough();
    const body = requestBody(req as unknown as Request, IDLE_MS);
    req.end('all');
    expect(await text(body.bytes)).toBe('all');
    jest.advanceTimersByTime(IDLE_MS * 2);
    expect(body.stalled()).toBe(false);
  });
});
