import { PassThrough, type Readable } from 'node:stream';
import type { Request } from 'express';
import { readForm } from './multipart';

const IDLE_MS = 60_000;

const part = (disposition: string, text: string) =>
  `--x\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${text}\r\n`;

/** A request with the beginning of a body, which does not end. */
const requestOf = (body: string) => {
  const headers = { 'content-type': 'multipart/form-data; boundary=x' };
  const req = Object.assign(new PassThrough(), { headers, complete: false });
  req.write(body);
  return req as unknown as Request;
};

describe('readForm', () => {
  it('rejects an unknown part at once, and receives no file after it', async () => {
    const received: Readable[] = [];
    const receive = ({ stream }: { stream: Readable }) => {
      received.push(stream);
      return new Promise<never>((_, reject) => stream.once('error', reject));
    };
    const req = requestOf(part('name="other"', '1') + part('name="file"; filename="a.jpg"', 'start'));
    await expect(readForm(req, IDLE_MS, receive, async () => {})).rejects.toMatchObject({ code: 'malformed_upload' });
    expect(received).toEqual([]);
  }, 2_000);
});
