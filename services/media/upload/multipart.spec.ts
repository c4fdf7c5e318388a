import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Request } from 'express';
import { ProblemError } from '#nest';
import { readForm, type FormFile } from './multipart';

const IDLE_MS = 60_000;
const BOUNDARY = '--x\r\n';
const END = '--x--\r\n';

const part = (disposition: string, content: string) =>
  `${BOUNDARY}Content-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`;
const filePart = (content: string, filename = 'a.jpg') => part(`name="file"; filename="${filename}"`, content);
/** A file part whose last byte has not arrived. */
const openFilePart = filePart('start').slice(0, -2);

/** A request with the beginning of a body, which does not end. */
const requestOf = (body: string, contentType = 'multipart/form-data; boundary=x') => {
  const req = Object.assign(new PassThrough(), { headers: { 'content-type': contentType }, complete: false });
  req.write(body);
  return req;
};
type FakeRequest = ReturnType<typeof requestOf>;

const readFile = ({ stream }: FormFile) => text(stream);
/** Fails when its stream does, as a storage. */
const untilError = ({ stream }: FormFile) => new Promise<never>((_, reject) => stream.once('error', reject));

async function drain({ stream }: { stream: Readable }): Promise<void> {
  for await (const chunk of stream) void chunk;
}

describe('readForm', () => {
  let discarded: string[];
  beforeEach(() => (discarded = []));

  const read = <T>(req: FakeRequest, receive: (file: FormFile) => Promise<T>) =>
    readForm(req as unknown as Request, IDLE_MS, receive, async (file) => void discarded.push(String(file)));
  const readAll = (body: string) => {
    const req = requestOf(body);
    req.complete = true;
    req.end();
    return read(req, readFile);
  };

  it.each([
    ['before', part('name="title"', '  Beach ') + filePart('bytes', 'Größe.jpg')],
    ['after', filePart('bytes', 'Größe.jpg') + part('name="title"', '  Beach ')],
  ])('returns the file, its name in UTF-8 and a title %s it', async (_name, body) => {
    expect(await readAll(body + END)).toEqual({ file: 'bytes', filename: 'Größe.jpg', title: 'Beach' });
  });

  it('takes a blank title for none', async () => {
    expect((await readAll(part('name="title"', ' ') + filePart('bytes') + END)).title).toBeNull();
  });

  it.each([
    ['a second file', filePart('1') + filePart('2') + END, 'malformed_upload'],
    ['a second title', part('name="title"', '1') + part('name="title"', '2') + filePart('1') + END, 'malformed_upload'],
    ['no file', part('name="title"', '1') + END, 'malformed_upload'],
    ['an unknown text part', part('name="other"', '1') + filePart('1') + END, 'malformed_upload'],
    ['a file of another name', part('name="other"; filename="a.jpg"', '1') + END, 'malformed_upload'],
    ['no end', filePart('1'), 'malformed_upload'],
    ['a title of 201 characters', part('name="title"', 'é'.repeat(201)) + filePart('1') + END, 'validation_failed'],
    ['a title beyond the limit of the parser', part('name="title"', ' '.repeat(5_000)) + END, 'validation_failed'],
  ])('rejects a body with %s', async (_name, body, code) => {
    await expect(readAll(body)).rejects.toMatchObject({ code });
  });

  it.each(['text/plain', 'multipart/form-data'])('rejects the content type %s', async (contentType) => {
    await expect(read(requestOf('', contentType), readFile)).rejects.toMatchObject({ code: 'malformed_upload' });
  });

  it('rejects an unknown part at once, and receives no file after it', async () => {
    const received: Readable[] = [];
    const receive = (file: FormFile) => {
      received.push(file.stream);
      return untilError(file);
    };
    const req = requestOf(part('name="other"', '1') + openFilePart);
    await expect(read(req, receive)).rejects.toMatchObject({ code: 'malformed_upload' });
    expect(received).toEqual([]);
  }, 2_000);

  it('rejects at once with the error of the receiver, and keeps the connection for the response', async () => {
    const req = requestOf(openFilePart);
    const error = new ProblemError('unsupported_media_type');
    const form = read(req, async (file) => {
      untilError(file).catch(() => {});
      throw error;
    });
    await expect(form).rejects.toBe(error);
    expect(req.destroyed).toBe(false);
  });

  it('fails the stream of the receiver when the connection closes before the end', async () => {
    const req = requestOf(openFilePart);
    let failure: unknown;
    const form = read(req, (file) => untilError(file).catch((error: unknown) => Promise.reject((failure = error))));
    setImmediate(() => req.destroy());
    await expect(form).rejects.toMatchObject({ code: 'malformed_upload' });
    expect(failure).toMatchObject({ code: 'malformed_upload' });
  });

  it('rejects a request that was closed before, and receives nothing', async () => {
    const req = requestOf(filePart('bytes'));
    req.destroy();
    await once(req, 'close');
    const receive = jest.fn(readFile);
    await expect(read(req, receive)).rejects.toMatchObject({ code: 'malformed_upload' });
    expect(receive).not.toHaveBeenCalled();
  });

  it('passes a complete file whose body fails after it to onLateFailure', async () => {
    const req = requestOf(`${filePart('stored')}${BOUNDARY}`);
    const form = read(req, async (file) => {
      const bytes = await readFile(file);
      req.write(part('name="other"', '1').slice(BOUNDARY.length) + END);
      return bytes;
    });
    await expect(form).rejects.toMatchObject({ code: 'malformed_upload' });
    expect(discarded).toEqual(['stored']);
  });

  it('rejects a body of which no byte arrives for the idle time, counted from the latest byte', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    const req = requestOf(openFilePart);
    let isSettled = false;
    const form = read(req, untilError).finally(() => (isSettled = true));
    const rejected = expect(form).rejects.toMatchObject({ code: 'upload_stalled', headers: { Connection: 'close' } });
    for (const bytes of ['more', 'and more']) {
      await new Promise(setImmediate);
      jest.advanceTimersByTime(IDLE_MS - 1);
      req.write(bytes);
    }
    await new Promise(setImmediate);
    expect(isSettled).toBe(false);
    jest.advanceTimersByTime(IDLE_MS);
    await rejected;
    jest.useRealTimers();
  });

  it('rejects a body of one byte now and then, each within the idle time', async () => {
    const req = requestOf(openFilePart);
    const trickle = setInterval(() => req.push('x'), 20);
    await expect(readForm(req as unknown as Request, 50, drain, async () => {})).rejects.toMatchObject({
      code: 'upload_stalled',
    });
    clearInterval(trickle);
  }, 2_000);

  it.each([
    ['a title before it', part('name="title"', 'title') + filePart('x'.repeat(5_000)), 5_000],
    ['a title after it', filePart('x'.repeat(5_000)) + part('name="title"', 'title'), 5_060],
  ])('estimates the size of a file with %s from Content-Length', async (_what, parts, atMost) => {
    const body = Buffer.from(`${parts}--x--\r\n`);
    const req = requestOf('');
    Object.assign(req.headers, { 'content-length': String(body.length) });
    const sizes: unknown[] = [];
    const form = readForm(
      req as unknown as Request,
      IDLE_MS,
      (file) => {
        sizes.push(file.size);
        return drain(file);
      },
      async () => {},
    );
    for (const at of [0, 1_000, 2_000]) {
      req.write(body.subarray(at, at + 1_000));
      await new Promise(setImmediate); // a chunk of its own
    }
    Object.assign(req, { complete: true });
    req.end(body.subarray(3_000));
    await form;
    expect(sizes).toEqual([{ atLeast: expect.any(Number), atMost }]);
    expect((sizes[0] as { atLeast: number }).atLeast).toBeLessThanOrEqual(5_000);
  });
});
