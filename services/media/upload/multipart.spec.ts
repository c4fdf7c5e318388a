import { PassThrough, type Readable } from 'node:stream';
import type { Request } from 'express';
import { readForm } from './multipart';

const IDLE_MS = 60_000;

const part = (disposition: string, text: string) =>
  `--x\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${text}\r\n`;

/** A request whose body has begun, and does not end. */
const requestOf = (body: string) => {
  const headers = { 'content-type': 'multipart/form-data; boundary=x' };
  const req = Object.assign(new PassThrough(), { headers, complete: false });
  req.write(body);
  return req as unknown as Request;
};

describe('readForm', () => {
  it('refuses an unknown part at once, and takes in no file that comes after it', async () => {
    const received: Readable[] = [];
    const receive = ({ stream }: { stream: Readable }) => {
      received.push(stream);
      return new Promise<never>((_, reject) => stream.once('error', reject));
    };
    const req = requestOf(part('name="other"', '1') + part('name="file"; filename="a.jpg"', 'begins'));
    await expect(readForm(req, IDLE_MS, receive, async () => {})).rejects.toMatchObject({ code: 'malformed_upload' });
    expect(received).toEqual([]);
  }, 2_000);
});
