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

/** Sends one request and returns both of its ends, client and server. */
async function request() {
  const sent = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false });
  sent.on('error', () => {});
  const [, res] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  const disconnect = async () => {
    const closed = once(res, 'close');
    sent.destroy();
    await closed;
  };
  return { sent, res, disconnect };
}

/** A stream that yields one chunk and never ends. */
const endless = () => {
  const source = new Readable({ read() {} });
  source.push('first');
  return source;
};

describe('sendTo', () => {
  it('sends the whole stream and destroys it', async () => {
    const { sent, res } = await request();
    const source = Readable.from(['one', 'two']);
    const [[answer]] = await Promise.all([
      once(sent, 'response') as Promise<[IncomingMessage]>,
      sendTo(res, async () => source),
    ]);
    expect(await text(answer)).toBe('onetwo');
    expect(source.destroyed).toBe(true);
  });

  it('does not open the stream for a disconnected client', async () => {
    const { res, disconnect } = await request();
    await disconnect();
    const open = jest.fn(async () => endless());
    await sendTo(res, open);
    expect(open).not.toHaveBeenCalled();
  });

  it('destroys the stream when the client disconnects while it is opened', async () => {
    const { res, disconnect } = await request();
    const source = endless();
    await sendTo(res, async () => {
      await disconnect();
      return source;
    });
    expect(source.destroyed).toBe(true);
  });

  it('destroys the stream when the client disconnects while it is sent', async () => {
    const { sent, res, disconnect } = await request();
    const source = endless();
    const sending = sendTo(res, async () => source);
    await once(sent, 'response');
    await disconnect();
    await sending;
    expect(source.destroyed).toBe(true);
  });

  it('rejects with the error of the source', async () => {
    const { res } = await request();
    await expect(sendTo(res, () => Promise.reject(new Error('not there')))).rejects.toThrow('not there');
    const source = endless();
    setImmediate(() => source.destroy(new Error('torn')));
    await expect(sendTo(res, async () => source)).rejects.toThrow('torn');
  });
});

describe('onClose', () => {
  it('releases once when the client disconnects', async () => {
    const { res, disconnect } = await request();
    const release = jest.fn();
    onClose(res, release);
    expect(release).not.toHaveBeenCalled();
    await disconnect();
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('releases immediately when the client has already disconnected', async () => {
    const { res, disconnect } = await request();
    await disconnect();
    const release = jest.fn();
    onClose(res, release);
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('releases when the response was sent, although the connection stays open', async () => {
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
