import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeJpegOf, deploymentsByStorage, type Stack } from '#testing';

const MIB = 1024 ** 2;
const TUS = { 'Tus-Resumable': '1.0.0' };
const BYTES = { ...TUS, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': '0' };

const partsInTmp = async () => (await readdir(tmpdir())).filter((name) => /^[\w-]{10}-\d+$/.test(name));

describe.each(deploymentsByStorage)('many slow uploads at once, %s', (_name, start) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await start({ workers: 0 });
  });
  afterAll(() => stack.stop());

  it('do not block uploads of other users', async () => {
    const [{ api: slow }, { api }] = [await stack.newUser(), await stack.newUser()];
    const [bytes, before] = [await makeJpegOf(6 * MIB), await partsInTmp()];
    const begin = async (of: typeof api) =>
      (
        await of.fetch('POST', '/api/uploads', { headers: { ...TUS, 'Upload-Length': String(bytes.length) } })
      ).headers.get('location')!;
    const { hostname, port, host } = new URL(stack.baseUrl);
    const headers = Object.entries({ ...BYTES, Host: host, Cookie: slow.cookie, 'Content-Length': bytes.length }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    const paths = await Promise.all(Array.from({ length: 80 }, () => begin(slow)));
    const sockets = paths.map((path) => {
      const socket = connect(Number(port), hostname).on('error', () => {});
      socket.write(`PATCH ${path} HTTP/1.1\r\n${headers.join('')}\r\n`);
      socket.write(bytes.subarray(0, MIB)); // and nothing after it
      return socket;
    });
    await sleep(2_000); // until they hold all slots that they can get
    const sent = await api.fetch('PATCH', await begin(api), { headers: BYTES, body: bytes });
    expect(sent.headers.get('snapstream-media-id')).toBeTruthy();
    expect(await partsInTmp()).toEqual(before); // parts for S3 are spooled in DATA_DIR/tmp, which is cleaned up
    for (const socket of sockets) socket.destroy();
  }, 30_000);
});
