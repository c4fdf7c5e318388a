import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { NotPublicError, WebhookAddresses } from './webhook-addresses';

const guarded = new WebhookAddresses({ webhooksAllowPrivate: false });
const open = new WebhookAddresses({ webhooksAllowPrivate: true });

it.each([
  'https://example.org/hook?a=b',
  'https://example.org:8443/',
  'https://8.8.8.8/',
  'https://[2606:4700::1111]/',
  'https://xn--bcher-kva.example/',
])('allows %s', (address) => {
  expect(guarded.violationOf(address)).toBeNull();
});

it.each([
  'https://127.0.0.1/',
  'https://127.1/',
  'https://2130706433/',
  'https://0x7f.1/',
  'https://0177.0.0.1/',
  'https://１２７.0.0.1/',
  'https://0.0.0.0/',
  'https://10.1.2.3/',
  'https://172.16.0.1/',
  'https://192.168.1.1/',
  'https://169.254.169.254/latest/meta-data',
  'https://100.64.0.1/',
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://[::]/',
  'https://[::1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://[::7f00:1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[2002:7f00:1::]/',
  'https://[fc00::1]/',
  'https://[fe80::1]/',
  'https://localhost/',
  'https://localhost./',
  'https://LOCALHOST:3000/',
  'https://a.localhost/',
  'https://redis/',
  'https://printer.local/',
  'https://metadata.google.internal/',
  'http://example.org/',
  'ftp://example.org/',
  'javascript:alert(1)',
  'https://user:secret@example.org/',
  'example.org/hook',
  '//example.org',
  'https://',
])('rejects %s', (address) => {
  expect(guarded.violationOf(address)).toMatch(/^[A-Z].*\.$/);
});

it('allows private addresses and http where the operator does, but nothing else', () => {
  expect(open.violationOf('http://127.0.0.1:8080/')).toBeNull();
  expect(open.violationOf('https://receiver/')).toBeNull();
  for (const address of ['ftp://127.0.0.1/', 'http://a@127.0.0.1/', 'nothing'])
    expect(open.violationOf(address)).not.toBeNull();
});

describe('a name', () => {
  let server: Socket;
  let addresses: WebhookAddresses;
  /** The answers of the DNS server to the next questions for IPv4. */
  let answers: string[][];

  const connect = () =>
    new Promise((resolve) =>
      addresses.lookup('rebind.example', { all: true }, (error, found) => resolve(error ?? found)),
    );

  beforeAll(async () => {
    server = createSocket('udp4').bind(0, '127.0.0.1');
    await once(server, 'listening');
    server.on('message', (question, { port }) => {
      const isIPv4 = question.readUInt16BE(question.indexOf(0, 12) + 1) === 1;
      server.send(answerTo(question, isIPv4 ? (answers.shift() ?? []) : []), port, '127.0.0.1');
    });
    const resolver = new Resolver({ timeout: 2_000, tries: 2 });
    resolver.setServers([`127.0.0.1:${(server.address() as AddressInfo).port}`]);
    addresses = new WebhookAddresses({ webhooksAllowPrivate: false }, resolver);
  });
  afterAll(() => void server.close());

  it('resolves to its addresses when all of them are public', async () => {
    answers = [['8.8.8.8', '1.1.1.1']];
    expect(await addresses.resolve('example.org')).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '1.1.1.1', family: 4 },
    ]);
  });

  it('is checked at each connection, and rejected when one of its addresses is private', async () => {
    answers = [['8.8.8.8'], ['127.0.0.1'], ['8.8.8.8', '10.0.0.1']];
    expect(await connect()).toEqual([{ address: '8.8.8.8', family: 4 }]);
    expect(await connect()).toBeInstanceOf(NotPublicError);
    expect(await connect()).toBeInstanceOf(NotPublicError);
  });
});

/** Returns a DNS message with the question of `question` and A records (RFC 1035, section 4). */
function answerTo(question: Buffer, ips: string[]): Buffer {
  const end = question.indexOf(0, 12) + 5;
  const head = Buffer.from([question[0]!, question[1]!, 0x81, 0x80, 0, 1, 0, ips.length, 0, 0, 0, 0]);
  const records = ips.map((ip) => [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...ip.split('.').map(Number)]);
  return Buffer.concat([head, question.subarray(12, end), Buffer.from(records.flat())]);
}
