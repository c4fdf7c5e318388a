import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

/** A mail as it arrived. */
export interface ReceivedMail {
  to: string;
  subject: string;
  messageId: string;
  /** The plain text. */
  text: string;
  /** Everything, headers included. */
  source: string;
}

export interface TestSmtp {
  url: string;
  received: ReceivedMail[];
  /** Returns the reply to a recipient: null accepts the mail. */
  reply: (to: string) => { code: number; message: string } | null;
  stop(): Promise<void>;
}

/** Starts a real SMTP server on a port of 127.0.0.1. */
export async function startSmtp(port = 0): Promise<TestSmtp> {
  const received: ReceivedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'], // it has no certificate of a known authority
    logger: false,
    onRcptTo: ({ address }, _session, callback) => {
      const reply = smtp.reply(address);
      callback(reply && Object.assign(new Error(reply.message), { responseCode: reply.code }));
    },
    onData: (stream, { envelope }, callback) => {
      void buffer(stream).then((bytes) => {
        received.push(parseMail(bytes.toString(), envelope.rcptTo[0]?.address ?? ''));
        callback();
      });
    },
  });
  server.on('error', () => {}); // clients that disconnect
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
  const smtp: TestSmtp = {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    received,
    reply: () => null,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return smtp;
}

/** Parses a mail with a text and an HTML part, as far as tests read it. */
export function parseMail(source: string, to = header(source, 'To')): ReceivedMail {
  const text = /Content-Type: text\/plain[^]*?\r?\n\r?\n([^]*?)\r?\n--/.exec(source)?.[1] ?? '';
  const isEncoded = /Content-Transfer-Encoding: quoted-printable/i.test(source);
  return {
    to,
    subject: header(source, 'Subject'),
    messageId: header(source, 'Message-ID'),
    text: isEncoded ? decodeQuotedPrintable(text) : text,
    source,
  };
}

const header = (source: string, name: string) =>
  new RegExp(String.raw`^${name}: ([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)`, 'im')
    .exec(source)?.[1]
    ?.replaceAll(/\r?\n[ \t]/g, ' ') ?? '';

/** RFC 2045 section 6.7. */
const decodeQuotedPrintable = (text: string) =>
  Buffer.from(
    text
      .replaceAll(/=\r?\n/g, '')
      .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');
