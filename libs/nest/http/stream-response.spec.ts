import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { onClose, sendTo } from './stream-response';

let server: Server;
beforeAll(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

/** One request, as the server sees it and as the client does. */
async function request() {
  const sent = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false });
  sent.on('error', () => {});
  const [, res] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  const leave = async () => {
    const closed = once(res, 'close');
    sent.destroy();
    await closed;
  };
  return { sent, res, leave };
}

/** Sends one chunk, and then nothing more. */
const endless = () => {
  const source = new Readable({ read() {} });
  source.push('first');
  return source;
};

describe('sendTo', () => {
  it('sends all, and closes what it sent', async () => {
    const { sent, res } = await request();
    const source = Readable.from(['one', 'two']);
    const [[answer]] = await Promise.all([
      once(sent, 'response') as Promise<[IncomingMessage]>,
      sendTo(res, async () => source),
    ]);
    expect(await text(answer)).toBe('onetwo');
    expect(source.destroyed).toBe(true);
  });

  it('opens nothing for a client that is gone', async () => {
    const { res, leave } = await request();
    await leave();
    const open = jest.fn(async () => endless());
    await sendTo(res, open);
    expect(open).not.toHaveBeenCalled();
  });

  it('closes what it opened when the client leaves meanwhile', async () => {
    const { res, leave } = await request();
    const source = endless();
    await sendTo(res, async () => {
      await leave();
      return source;
    });
    expect(source.destroyed).toBe(true);
  });

  it('closes what it sends when the client leaves', async () => {
    const { sent, res, leave } = await request();
    const source = endless();
    const sending = sendTo(res, async () => source);
    await once(sent, 'response');
    await leave();
    await sending;
    expect(source.destroyed).toBe(true);
  });

  it('rejects with what the source fails with', async () => {
    const { res } = await request();
    await expect(sendTo(res, () => Promise.reject(new Error('not there')))).rejects.toThrow('not there');
    const source = endless();
    setImmediate(() => source.destroy(new Error('torn')));
    await expect(sendTo(res, async () => source)).rejects.toThrow('torn');
  });
});

describe('onClose', () => {
  it('releases once when the client leaves', async () => {
    const { res, leave } = await request();
    const release = jest.fn();
    onClose(res, release);
    expect(release).not.toHaveBeenCalled();
    await leave();
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('releases at once when the client is gone already', async () => {
    const { res, leave } = await request();
    await leave();
    const release = jest.fn();
    onClose(res, release);
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('releases when the response was sent, though the connection is kept', async () => {
    const { sent, res } = await request();
    const release = jest.fn();
    res.setHeader('Connection', 'keep-alive');
    onClose(res, release);
    res.end('sent');
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    await text(answer);
    expect(release).toHaveBeenCalledTimes(1);
    sent.destroy();
  });
});
