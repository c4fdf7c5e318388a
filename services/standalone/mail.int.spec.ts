import { Module } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { EmailState, Mailbox } from '#contracts';
import { MediaRepository } from '#media';
import { createService } from '#nest';
import { Outbox } from '#platform';
import {
  aMedium,
  ApiClient,
  eventually,
  newAccount,
  startSmtp,
  startTestEnvironment,
  type TestEnvironment,
  type TestSmtp,
} from '#testing';
import { AuthModule } from '../auth/auth.module';
import { MailSweep } from '../notification/mail/mail.sweep';
import { NotificationModule } from '../notification/notification.module';

/** The two services that mails need, in one process. */
@Module({ imports: [AuthModule, NotificationModule] })
class MailTestModule {}

jest.setTimeout(60_000);

let environment: TestEnvironment;
let smtp: TestSmtp;
let app: NestExpressApplication;
let url: string;
beforeAll(async () => {
  [environment, smtp] = await Promise.all([startTestEnvironment(), startSmtp()]);
  const mails = { MAIL_URL: smtp.url, MAIL_FROM: 'media@example.org' };
  const config = environment.config({ ...mails, TRUST_PROXY: '1', WEBHOOKS_ALLOW_PRIVATE: 'true' });
  app = await createService(MailTestModule, { config, name: 'mail' });
  await app.listen(0, '127.0.0.1');
  url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
});
afterAll(async () => {
  await app.close();
  await Promise.all([environment.stop(), smtp.stop()]);
});

const NEW_PASSWORD = 'another sentence of mine';
const client = (headers: Record<string, string> = {}) =>
  new ApiClient(url, { 'x-forwarded-for': '192.0.2.1', ...headers });
const mailsTo = (email: string) => smtp.received.filter(({ to }) => to === email);
/** Waits for the mail of this subject to an address. */
const mail = async (email: string, subject: string) =>
  (await eventually(
    () => Promise.resolve(mailsTo(email).find((each) => each.subject === subject)),
    (found) => found !== undefined,
  ))!;
const tokenIn = ({ text }: { text: string }) => /\?token=(\S+)/.exec(text)![1]!;
const register = async () => {
  const api = client();
  return { api, account: (await api.register()).account };
};
const requestReset = (email: string) => client().expect(202, 'POST', '/api/auth/password-reset', { json: { email } });
const resetToken = async (email: string, asTyped = email) => {
  await requestReset(asTyped);
  return tokenIn(await mail(email, 'Set a new password'));
};
const confirmReset = (token: string, password = NEW_PASSWORD) =>
  client().call('POST', '/api/auth/password-reset/confirm', { json: { token, password } });
const stateOf = (api: ApiClient) => api.expect<EmailState>(200, 'GET', '/api/auth/me/email');
const verify = (token: string) => client().call('POST', '/api/auth/email/verify', { json: { token } });

describe('a forgotten password', () => {
  it('is replaced once by the link in a mail, which ends every session', async () => {
    const { api, account } = await register();
    const token = await resetToken(account.email, account.email.toUpperCase());
    expect((await mail(account.email, 'Set a new password')).text).toContain(`${url}/reset-password?token=`);
    expect(await confirmReset(token, 'password123')).toMatchObject({
      status: 400,
      body: { code: 'validation_failed' },
    });
    expect(await confirmReset(token)).toMatchObject({ status: 204 });
    expect((await api.call('GET', '/api/auth/me')).status).toBe(401);
    expect((await client().call('POST', '/api/auth/login', { json: account })).status).toBe(400);
    await client().login({ email: account.email, password: NEW_PASSWORD });
    expect((await mail(account.email, 'Your password was changed')).text).toContain('192.0.2.1');
    expect(await confirmReset(token)).toMatchObject({ status: 400, body: { code: 'token_invalid' } });
  });

  it('gets the same response for an unknown address, and no mail', async () => {
    await requestReset('unknown@example.com');
    const { account } = await register();
    await resetToken(account.email);
    expect(mailsTo('unknown@example.com')).toEqual([]);
  });

  it('can be replaced neither with a made-up token nor with one of another purpose', async () => {
    const { account } = await register();
    const welcome = tokenIn(await mail(account.email, 'Welcome to SnapStream'));
    for (const token of [welcome, `${welcome.slice(0, -2)}xx`, 'x', `${'0'.repeat(26)}.${'a'.repeat(43)}`])
      expect(await confirmReset(token)).toMatchObject({ status: 400, body: { code: 'token_invalid' } });
  });

  it('causes at most 5 mails with valid links', async () => {
    const { account } = await register();
    for (let at = 1; at <= 7; at += 1) {
      await requestReset(account.email);
      const count = Math.min(at, 5);
      await eventually(
        () => Promise.resolve(mailsTo(account.email).filter(({ subject }) => subject === 'Set a new password').length),
        (found) => found === count,
      );
    }
    expect(new Set(mailsTo(account.email).map(({ messageId }) => messageId)).size).toBe(6);
  });

  it('is limited per network', async () => {
    const from = client({ 'x-forwarded-for': '203.0.113.7' });
    const statuses = new Set<number>();
    for (let at = 0; at < 101; at += 1)
      statuses.add((await from.call('POST', '/api/auth/password-reset', { json: { email: 'a@example.com' } })).status);
    expect([...statuses]).toEqual([202, 429]);
  });

  it('sends no link to a public address that the request only claims to be this server', async () => {
    const claiming = client({ 'x-forwarded-host': '203.0.113.66:3000' });
    expect(
      await claiming.problem('POST', '/api/auth/password-reset', { json: { email: 'a@example.com' } }),
    ).toMatchObject({ status: 421, code: 'unknown_host' });
  });
});

describe('an e-mail address', () => {
  it('is confirmed by the link of the first mail', async () => {
    const { api, account } = await register();
    expect(await stateOf(api)).toEqual({ email: account.email, verified: false, pending: null });
    const token = tokenIn(await mail(account.email, 'Welcome to SnapStream'));
    expect((await verify(token)).status).toBe(204);
    expect(await stateOf(api)).toMatchObject({ verified: true });
    expect(await verify(token)).toMatchObject({ status: 400, body: { code: 'token_invalid' } });
  });

  it('changes once the new one is confirmed, and the old one is notified', async () => {
    const { api, account } = await register();
    const { email } = newAccount();
    expect(await api.problem('PUT', '/api/auth/me/email', { json: { email, password: 'wrong' } })).toMatchObject({
      code: 'wrong_password',
    });
    await api.expect(204, 'PUT', '/api/auth/me/email', { json: { email, password: account.password } });
    await mail(account.email, 'A new e-mail address for your account');
    expect(await stateOf(api)).toMatchObject({ email: account.email, pending: { email } });
    await client().login(account);
    expect((await verify(tokenIn(await mail(email, 'Confirm your e-mail address')))).status).toBe(204);
    expect(await stateOf(api)).toEqual({ email, verified: true, pending: null });
    expect((await mail(account.email, 'Your e-mail address was changed')).text).toContain(email);
    await client().login({ email, password: account.password });
    expect(await client().problem('POST', '/api/auth/register', { json: newAccount({ email }) })).toMatchObject({
      code: 'email_taken',
    });
    await client().register(newAccount({ email: account.email })); // the old one is available again
  });

  it('cannot be one of another account, neither now nor when it is confirmed', async () => {
    const { api, account } = await register();
    const other = await register();
    const change = (email: string) =>
      api.call('PUT', '/api/auth/me/email', { json: { email, password: account.password } });
    expect(await change(other.account.email)).toMatchObject({ status: 409, body: { code: 'email_taken' } });
    const { email } = newAccount();
    await change(email);
    const token = tokenIn(await mail(email, 'Confirm your e-mail address'));
    await client().register(newAccount({ email }));
    expect(await verify(token)).toMatchObject({ status: 409, body: { code: 'email_taken' } });
    expect(await stateOf(api)).toMatchObject({ email: account.email });
  });

  it('is not changed any more by a link that was mailed before the password was changed', async () => {
    const { api, account } = await register();
    const { email } = newAccount();
    await api.expect(204, 'PUT', '/api/auth/me/email', { json: { email, password: account.password } });
    const token = tokenIn(await mail(email, 'Confirm your e-mail address'));
    await api.expect(204, 'PUT', '/api/auth/me/password', {
      json: { currentPassword: account.password, newPassword: NEW_PASSWORD },
    });
    expect((await verify(token)).status).toBe(400);
  });
});

describe('mails about an account', () => {
  it('report a sign-in from a new device, once', async () => {
    const { account } = await register();
    const subject = 'A sign-in from a new device';
    await client().login(account); // the kind of device that registered
    const phone = { 'user-agent': 'Mozilla/5.0 (Android 15; Mobile) Firefox/145.0', 'x-forwarded-for': '198.51.100.9' };
    for (let times = 0; times < 2; times += 1) await client(phone).login(account);
    expect((await mail(account.email, subject)).text).toContain('Firefox on Android');
    await resetToken(account.email); // a later mail has arrived
    expect(mailsTo(account.email).filter((each) => each.subject === subject)).toHaveLength(1);
  });

  it('report its deletion', async () => {
    const { api, account } = await register();
    await api.expect(202, 'DELETE', '/api/auth/me', { json: { password: account.password } });
    await mail(account.email, 'Your account was deleted');
  });
});

const FAILED = '“half” could not be processed';
const facts = { width: 1, height: 1, durationSeconds: null, codecs: [], metadata: {}, placeholder: null };
const derived = { thumbnail: null, preview: null, waveform: null };
/** Stores a medium of a user as the worker leaves it, and announces that it has ended. */
const end = async (userId: string, status: 'completed' | 'failed', batchId: string | null = null) => {
  const media = app.get(MediaRepository);
  const item = aMedium({ userId, batchId, title: status === 'failed' ? 'half' : 'whole' });
  await media.create(item);
  await media.claim(item, 'token', 60_000);
  const ending =
    status === 'failed'
      ? ({ status, code: 'truncated_media' } as const)
      : ({ status, facts: { kind: 'image', ...facts, derived }, derivedBytes: 0 } as const);
  const { event } = (await media.finish({ userId, id: item.id }, 'token', ending))!;
  await app.get(Outbox).announce({ table: 'media', key: { userId, id: item.id } }, event);
  return item;
};
const registerUser = async () => {
  const api = client();
  const { account, id } = await api.register();
  return { api, account, id };
};
const prefer = (api: ApiClient, json: unknown) => api.call('PUT', '/api/notifications/preferences', { json });
const sendDue = (inMs: number) => app.get(MailSweep).sendDue(new Date(Date.now() + inMs));
const subjectsTo = (email: string) => mailsTo(email).map(({ subject }) => decodeSubject(subject));
const mailAbout = async (email: string, subject: string) => {
  await eventually(
    () => Promise.resolve(subjectsTo(email)),
    (all) => all.includes(subject),
  );
  return mailsTo(email).find((each) => decodeSubject(each.subject) === subject)!;
};
const unsubscribePath = ({ source }: { source: string }) =>
  new URL(/^List-Unsubscribe: <(\S+)>/im.exec(source.replaceAll(/\r\n[ \t]/g, ' '))![1]!).pathname;

describe('mails about media', () => {
  it('report a failure, until its mails are ended with one click from any site', async () => {
    const { api, account, id } = await registerUser();
    const { id: mediaId } = await end(id, 'failed');
    const failure = await mailAbout(account.email, FAILED);
    expect(failure.text).toContain('Upload the complete file again');
    expect(failure.text).toContain(`${url}/media/${mediaId}`);
    const path = unsubscribePath(failure);
    const guest = client({ origin: 'https://mail.example', 'sec-fetch-site': 'cross-site' });
    expect(await (await guest.fetch('GET', path)).text()).toContain('End the mails about media that could not');
    expect(await api.expect(200, 'GET', '/api/notifications/preferences')).toMatchObject({
      'media.failed': { email: 'immediately' },
    });
    const post = {
      body: 'List-Unsubscribe=One-Click',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    };
    expect((await guest.fetch('POST', path, post)).status).toBe(200);
    expect(await guest.problem('POST', `${path}x`)).toMatchObject({ status: 400, code: 'token_invalid' });
    await end(id, 'failed');
    await resetToken(account.email); // a later mail has arrived
    expect(subjectsTo(account.email).filter((subject) => subject === FAILED)).toHaveLength(1);
  });

  it('report a drop once, when nothing of it has changed for a minute', async () => {
    const { api, account, id } = await registerUser();
    await prefer(api, { 'drop.finished': { email: 'immediately' } });
    for (const status of ['completed', 'completed', 'failed'] as const) await end(id, status, 'one-drop');
    const open = aMedium({ userId: id, batchId: 'one-drop' });
    await app.get(MediaRepository).create(open);
    await eventually(
      () => api.expect<{ unread: number }>(200, 'GET', '/api/notifications'),
      ({ unread }) => unread === 4,
    );
    await sendDue(30_000);
    await sendDue(90_000);
    const subject = 'Your upload is finished: 2 ready, 1 failed';
    expect(subjectsTo(account.email)).not.toContain(subject);
    await app.get(MediaRepository).markDeleted(open);
    for (const inMs of [90_000, 90_000, 200_000]) await sendDue(inMs);
    await mailAbout(account.email, subject);
    await end(id, 'failed', 'one-drop');
    await mailAbout(account.email, FAILED);
    await sendDue(400_000);
    expect(subjectsTo(account.email).filter((each) => each.startsWith('Your upload'))).toEqual([subject]);
  });

  it('report a day in one mail', async () => {
    const { api, account, id } = await registerUser();
    await prefer(api, { 'media.completed': { email: 'daily' }, 'media.failed': { email: 'daily' } });
    for (const status of ['completed', 'failed'] as const) await end(id, status);
    await eventually(
      () => api.expect<{ unread: number }>(200, 'GET', '/api/notifications'),
      ({ unread }) => unread === 3,
    );
    await eventually(
      async () => sendDue(86_400_000).then(() => subjectsTo(account.email)),
      (all) => all.some((subject) => subject.startsWith('Your day')),
    );
    expect(subjectsTo(account.email)).toContain('Your day on SnapStream: 1 ready, 1 failed');
  });

  it('are chosen per type and channel, but for the security of the account', async () => {
    const { api, id } = await registerUser();
    expect(await prefer(api, { security: { email: 'off' } })).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ path: 'security.email' }] },
    });
    const all = await api.expect<object>(200, 'GET', '/api/notifications/preferences');
    const changed = { ...all, 'media.failed': { inApp: false, email: 'off', webhook: false } };
    expect(await prefer(api, changed)).toMatchObject({ status: 200, body: changed });
    const webhook = { url: `${url}/unused`, events: ['media.failed', 'media.completed'] };
    const { id: webhookId } = await api.expect<{ id: string }>(201, 'POST', '/api/webhooks', { json: webhook });
    await end(id, 'failed');
    await end(id, 'completed');
    const list = await eventually(
      () => api.expect<{ items: Array<{ type: string }> }>(200, 'GET', '/api/notifications'),
      ({ items }) => items.some(({ type }) => type === 'media.completed'),
    );
    expect(list.items.map(({ type }) => type)).not.toContain('media.failed');
    const deliveries = await eventually(
      () => api.expect<{ items: Array<{ type: string }> }>(200, 'GET', `/api/webhooks/${webhookId}/deliveries`),
      ({ items }) => items.length > 0,
    );
    expect(deliveries.items.map(({ type }) => type)).toEqual(['media.completed']);
  });

  it('stop at an address that is refused for good, which its owner sees, until one is accepted', async () => {
    const { api, account, id } = await registerUser();
    await mail(account.email, 'Welcome to SnapStream');
    smtp.reply = () => ({ code: 550, message: '5.1.1 no such user' });
    await end(id, 'failed');
    const mailbox = () => api.expect<Mailbox>(200, 'GET', '/api/notifications/mailbox');
    const { bounce } = await eventually(mailbox, (state) => state.bounce !== null);
    expect(bounce).toMatchObject({ email: account.email, reply: expect.stringContaining('no such user') as string });
    smtp.reply = () => null;
    await end(id, 'failed');
    await resetToken(account.email);
    await eventually(mailbox, (state) => state.bounce === null);
    expect(subjectsTo(account.email)).not.toContain(FAILED);
    await end(id, 'failed');
    await mailAbout(account.email, FAILED);
  });

  it('wait for a server that refuses them for now, and arrive once', async () => {
    const { account, id } = await registerUser();
    await mail(account.email, 'Welcome to SnapStream');
    let refused = 0;
    smtp.reply = () => (refused++ < 3 ? { code: 451, message: '4.3.0 try again later' } : null);
    await end(id, 'failed');
    await mailAbout(account.email, FAILED);
    expect(refused).toBe(4);
    smtp.reply = () => null;
  });
});

/** RFC 2047, as far as nodemailer writes it. */
const decodeSubject = (subject: string) =>
  subject
    .replaceAll(/\?= =\?/g, '?==?')
    .replaceAll(/=\?UTF-8\?Q\?(.*?)\?=/gi, (_, text: string) =>
      Buffer.from(
        text
          .replaceAll('_', ' ')
          .replaceAll(/=([0-9A-F]{2})/g, (__, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        'latin1',
      ).toString('utf8'),
    )
    .replaceAll(/=\?UTF-8\?B\?(.*?)\?=/gi, (_, text: string) => Buffer.from(text, 'base64').toString('utf8'));
