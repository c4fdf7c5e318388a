import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { freePort, startSmtp, type TestSmtp } from '#testing';
import { DependencyUnavailableError } from '../errors';
import { MailRejectedError } from './mail';
import { aMail, FROM, mailerContract } from './mail.contract';
import { SmtpMailer } from './mail.smtp';

mailerContract('SmtpMailer', async () => {
  const smtp = await startSmtp();
  return {
    mailer: new SmtpMailer(smtp.url, { from: FROM }),
    arrived: async () => smtp.received.map(({ source }) => source),
    stop: () => smtp.stop(),
  };
});

describe('SmtpMailer', () => {
  let smtp: TestSmtp;
  let mailer: SmtpMailer;
  beforeEach(async () => {
    smtp = await startSmtp();
    mailer = new SmtpMailer(smtp.url, { from: FROM });
  });
  afterEach(async () => {
    mailer.close();
    await smtp.stop();
  });

  it('reports a recipient that is refused for good, and nothing else, as rejected', async () => {
    smtp.reply = () => ({ code: 550, message: '5.1.1 no such user' });
    await expect(mailer.send(aMail())).rejects.toEqual(
      expect.objectContaining({ reply: expect.stringContaining('5.1.1 no such user') as string }),
    );
    await expect(mailer.send(aMail())).rejects.toThrow(MailRejectedError);
    await expect(mailer.check()).resolves.toBeUndefined();
    for (const code of [451, 530]) {
      smtp.reply = () => ({ code, message: 'not now' });
      await expect(mailer.send(aMail())).rejects.toThrow(DependencyUnavailableError);
    }
    await expect(mailer.check()).rejects.toThrow(DependencyUnavailableError);
  });

  it('rejects when the server refuses connections, and sends again once it is available', async () => {
    const port = await freePort();
    const later = new SmtpMailer(`smtp://127.0.0.1:${port}`, { from: FROM });
    await expect(later.send(aMail())).rejects.toThrow(DependencyUnavailableError);
    await expect(later.check()).rejects.toThrow(DependencyUnavailableError);
    const back = await startSmtp(port);
    await later.send(aMail());
    await expect(later.check()).resolves.toBeUndefined();
    later.close();
    await back.stop();
  });

  it('rejects when the server accepts connections and never responds', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const hanging = new SmtpMailer(`smtp://127.0.0.1:${port}`, { from: FROM });
    await expect(hanging.send(aMail())).rejects.toThrow(DependencyUnavailableError);
    hanging.close();
    silent.close();
  }, 30_000);

  it('signs mails where a key is set (DKIM, RFC 6376)', async () => {
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2_048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const signing = new SmtpMailer(smtp.url, { from: FROM, dkim: { keySelector: 'media', privateKey } });
    await signing.send(aMail());
    const [{ source }] = smtp.received as [(typeof smtp.received)[number]];
    expect(source).toMatch(/^DKIM-Signature: .*d=example\.org;[^]*s=media;/m);
    signing.close();
  });
});
