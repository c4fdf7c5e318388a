import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { REDIS } from '#platform';
import { newAccount, type Account, type ApiClient } from '#testing';
import { startAuth, type AuthFixture } from './auth.testing';
import { PasswordAttempts } from './password-attempts';

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.stop());

const home = '203.0.113.7';
const codeOf = async (client: ApiClient, email: string, password: string) => {
  const { status, body } = await client.call<{ code?: string }>('POST', '/api/auth/login', {
    json: { email, password },
  });
  return status === 200 ? 'ok' : body.code;
};
const tryFrom = (ip: string, { email }: Account, password = 'wrong one') => codeOf(auth.client(ip), email, password);
const repeat = async (times: number, attempt: (at: number) => Promise<unknown>) => {
  const outcomes: unknown[] = [];
  for (let at = 0; at < times; at += 1) outcomes.push(await attempt(at));
  return outcomes;
};
/** A failed attempt without HTTP. */
const failFrom = (ip: string, { email }: Account) =>
  auth.app
    .get(PasswordAttempts)
    .limit({ account: email.toLowerCase(), ip, device: null, userAgent: '' }, () => Promise.resolve(false));
const all = (times: number, value: string) => Array<string>(times).fill(value);
const register = async (ip = home) => (await auth.client(ip).register()).account;

describe('a wrong password', () => {
  it('is verified ten times per account and network, then even the right one is rejected', async () => {
    const account = await register();
    expect(await repeat(10, (at) => tryFrom(`198.18.0.${at}`, account))).toEqual(all(10, 'invalid_credentials'));
    const refusal = await auth
      .client('198.18.0.200')
      .problem('POST', '/api/auth/login', { json: { email: account.email, password: account.password } });
    expect(refusal).toMatchObject({ status: 429, code: 'too_many_attempts' });
    const retryAfter = Number(refusal.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(14 * 60);
    expect(retryAfter).toBeLessThanOrEqual(15 * 60);
  });

  it('counts against its account and network only', async () => {
    const [account, other] = [await register(), await register()];
    await repeat(10, () => tryFrom('198.18.1.1', account));
    expect(await tryFrom('198.18.1.1', account, account.password)).toBe('too_many_attempts');
    expect(await tryFrom('198.18.1.1', other, other.password)).toBe('ok');
    expect(await tryFrom('198.18.2.1', account, account.password)).toBe('ok');
    expect(await tryFrom(home, account, account.password)).toBe('ok');
  });

  it('counts by e-mail, case-insensitively, and for unknown e-mails', async () => {
    const account = await register();
    const upperCased = { ...account, email: account.email.toUpperCase() };
    await repeat(10, (at) => tryFrom('198.18.3.1', at % 2 ? account : upperCased));
    expect(await tryFrom('198.18.3.1', account, account.password)).toBe('too_many_attempts');
    const unknown = newAccount();
    expect(await repeat(11, () => tryFrom('198.18.4.1', unknown))).toEqual([
      ...all(10, 'invalid_credentials'),
      'too_many_attempts',
    ]);
  });

  it('counts an IPv6 /64 as one network', async () => {
    const account = await register();
    await repeat(10, (at) => tryFrom(`2001:db8:1:2:${at}::1`, account));
    expect(await tryFrom('2001:db8:1:2:ffff::9', account, account.password)).toBe('too_many_attempts');
    expect(await tryFrom('2001:db8:1:3::1', account, account.password)).toBe('ok');
  });

  it('is no longer counted after a right one', async () => {
    const account = await register();
    for (const _ of [1, 2, 3]) {
      await repeat(9, () => tryFrom('198.18.5.1', account));
      expect(await tryFrom('198.18.5.1', account, account.password)).toBe('ok');
    }
  });

  it('is limited under concurrent attempts', async () => {
    const account = await register();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => tryFrom('198.18.6.1', account)));
    expect(outcomes.filter((outcome) => outcome === 'invalid_credentials')).toHaveLength(10);
    expect(outcomes.filter((outcome) => outcome === 'too_many_attempts')).toHaveLength(40);
  });

  it('counts against the same limit at a change of the password and at a deletion', async () => {
    const client = auth.client(home);
    const { account } = await client.register();
    const change = () =>
      client.problem('PUT', '/api/auth/me/password', {
        json: { currentPassword: 'wrong one', newPassword: 'quite another one' },
      });
    const remove = () => client.problem('DELETE', '/api/auth/me', { json: { password: 'wrong one' } });
    const codes = (await repeat(10, (at) => (at % 2 ? change() : remove()))) as Array<{ code: string }>;
    expect(codes.map(({ code }) => code)).toEqual(all(10, 'wrong_password'));
    expect(await change()).toMatchObject({ status: 429, code: 'too_many_attempts' });
    expect(await codeOf(client, account.email, account.password)).toBe('too_many_attempts');
  });
});

describe('a right password', () => {
  it('is never counted, in sequence or concurrently', async () => {
    const account = await register();
    expect(await repeat(15, () => tryFrom('198.18.7.1', account, account.password))).toEqual(all(15, 'ok'));
    expect(
      await Promise.all(Array.from({ length: 30 }, () => tryFrom('198.18.7.1', account, account.password))),
    ).toEqual(all(30, 'ok'));
  });

  it('is accepted from a known network whatever fails from unknown ones', async () => {
    const account = await register();
    await repeat(99, (at) => failFrom(`10.${at}.0.1`, account));
    expect(await repeat(3, (at) => tryFrom(`10.${at}.1.1`, account))).toEqual([
      'invalid_credentials',
      'too_many_attempts',
      'too_many_attempts',
    ]);
    expect(await tryFrom('10.250.0.1', account, account.password)).toBe('too_many_attempts');
    expect(await tryFrom('203.0.113.99', account, account.password)).toBe('ok');
  });
});

describe('a browser that has logged in to the account before', () => {
  it('is not locked out by guesses from its network, from its address or from strangers', async () => {
    const browser = auth.client('198.18.20.1');
    const { account } = await browser.register();
    await browser.login(account);
    await repeat(12, () => tryFrom('198.18.20.2', account)); // the same /24
    await repeat(10, () => tryFrom('198.18.20.1', account));
    await repeat(90, () => failFrom('198.18.20.1', newAccount())); // behind the same NAT
    await repeat(100, (at) => failFrom(`10.${at}.2.1`, account));
    await browser.expect(204, 'POST', '/api/auth/logout');
    expect(await codeOf(browser, account.email, account.password)).toBe('ok');
    const travelling = browser.clone({ 'x-forwarded-for': '198.18.21.1' });
    expect(await codeOf(travelling, account.email, account.password)).toBe('ok');
    const strange = auth.client('198.18.28.1');
    expect(await codeOf(strange, account.email, account.password)).toBe('too_many_attempts');
  });

  it('has a limit of its own, for its account only', async () => {
    const browser = auth.client('198.18.22.1');
    const [{ account }, other] = [await browser.register(), await register('198.18.23.1')];
    await browser.login(account);
    expect(await repeat(11, () => codeOf(browser, account.email, 'wrong one'))).toEqual([
      ...all(10, 'invalid_credentials'),
      'too_many_attempts',
    ]);
    expect(await codeOf(browser, other.email, 'wrong one')).toBe('invalid_credentials');
    expect(await tryFrom('198.18.22.1', account, account.password)).toBe('ok');
  });

  it('is known by a cookie that scripts and other sites cannot read, sent after that of the session', async () => {
    const client = auth.client('198.18.24.1');
    const { account } = await client.register();
    expect(client.cookie).not.toContain('device');
    const json = { email: account.email, password: account.password };
    const { headers } = await client.call('POST', '/api/auth/login', { json });
    const [session, device, ...rest] = headers.getSetCookie();
    expect(rest).toEqual([]);
    expect(session).toMatch(/^snapstream\.sid=/);
    expect(device).toMatch(/^snapstream\.device\.\w+=[\w-]{43}; .*Path=\/; .*HttpOnly; SameSite=Lax$/);
  });
});

describe('the exact address', () => {
  it('that has logged in before counts before its network', async () => {
    const account = await register('198.18.25.1');
    await repeat(12, () => tryFrom('198.18.25.2', account));
    expect(await tryFrom('198.18.25.2', account, account.password)).toBe('too_many_attempts');
    expect(await tryFrom('198.18.25.1', account, account.password)).toBe('ok');
  });
});

/** Starts attempts that do not end before `release`; `running` is the number of those that are being checked. */
const startAttempts = (guesses: Array<{ account: string; ip: string }>) => {
  const gate = Promise.withResolvers<void>();
  const state = { running: 0 };
  const attempts = guesses.map((guess) =>
    auth.app.get(PasswordAttempts).limit({ ...guess, device: null, userAgent: '' }, async () => {
      state.running += 1;
      await gate.promise;
      return true;
    }),
  );
  return { state, end: () => (gate.resolve(), Promise.all(attempts)) };
};

describe('password checks at the same time', () => {
  it('are two for each account, also of right passwords, and the rest waits without polling', async () => {
    const redis = auth.app.get<Redis>(REDIS);
    const commands = async () => Number(/total_commands_processed:(\d+)/.exec(await redis.info('stats'))?.[1]);
    const flood = startAttempts(
      Array.from({ length: 50 }, () => ({ account: 'flood@example.com', ip: '198.18.26.1' })),
    );
    await sleep(200);
    const before = await commands();
    await sleep(500);
    expect((await commands()) - before).toBeLessThan(50);
    expect(flood.state.running).toBe(2);
    await auth.client('198.18.26.2').register();
    expect(await flood.end()).toEqual(Array(50).fill(true));
  });

  it('are refused when too many of one account wait', async () => {
    const flood = startAttempts(
      Array.from({ length: 152 }, () => ({ account: 'flood2@example.com', ip: '198.18.27.1' })),
    );
    await sleep(100);
    const beyond = auth.app
      .get(PasswordAttempts)
      .limit({ account: 'flood2@example.com', ip: '198.18.27.1', device: null, userAgent: '' }, () =>
        Promise.resolve(true),
      );
    await expect(beyond).rejects.toMatchObject({ code: 'too_many_attempts' });
    await flood.end();
  });
});

describe('an address', () => {
  it('is limited to a hundred failures over all accounts; successes do not count', async () => {
    const account = await register();
    await repeat(98, () => failFrom('198.18.8.1', newAccount()));
    expect(await tryFrom('198.18.8.1', account, account.password)).toBe('ok');
    expect(await repeat(3, () => tryFrom('198.18.8.1', newAccount()))).toEqual([
      'invalid_credentials',
      'invalid_credentials',
      'too_many_attempts',
    ]);
    expect(await tryFrom('198.18.8.1', account, account.password)).toBe('too_many_attempts');
    expect(await tryFrom('198.18.8.2', account, account.password)).toBe('ok');
  });

  it('is limited to 300 registrations an hour', async () => {
    await repeat(299, () => auth.app.get(PasswordAttempts).limitRegistration('198.18.9.1', async () => {}));
    await auth.client('198.18.9.1').register();
    const refusal = await auth.client('198.18.9.1').problem('POST', '/api/auth/register', { json: newAccount() });
    expect(refusal).toMatchObject({ status: 429, code: 'too_many_attempts' });
    expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThan(3_500);
    await auth.client('198.18.9.2').register();
  });

  it('is the one that the trusted proxy forwards, not the one that a client claims', async () => {
    const account = await register();
    await repeat(10, (at) => codeOf(auth.client(`192.0.2.${at}, 198.18.10.1`), account.email, 'wrong one'));
    expect(await codeOf(auth.client('192.0.2.77, 198.18.10.1'), account.email, account.password)).toBe(
      'too_many_attempts',
    );
  });
});
