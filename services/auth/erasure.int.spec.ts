import type { Erased } from '#contracts';
import { JobQueue, Outbox } from '#platform';
import { confirmEvent, eventually, newAccount } from '#testing';
import { startAuth, type AuthFixture } from './auth.testing';
import { ErasureService } from './erasure.service';
import type { UserItem } from './user.item';

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.stop());

const itemOf = (id: string) => auth.dynamo.get<UserItem>('users', { pk: `user#${id}` });
const report = (userId: string, service: Erased['service'], counts: Record<string, number>, done = true) =>
  auth.app.get(ErasureService).record({ userId, service, counts, done });
const isQueued = (queue: 'eraseMedia' | 'eraseNotifications', userId: string, how: 'new' | 'counted' | 'final') =>
  auth.app.get(JobQueue).has(queue, `${userId}.${how}`);
const receiptOf = (id: string) => auth.dynamo.get('users', { pk: `receipt#${id}` });
/** As the notification service does once an event is handled. */
const confirmEvents = async (id: string) => {
  const item = await itemOf(id);
  for (const event of Object.keys(item!.pending))
    await confirmEvent(auth.app.get(Outbox), { table: 'users', key: { pk: `user#${id}` } }, event);
};
const deleteAccount = async () => {
  const client = auth.client();
  const user = await client.register();
  await client.expect(202, 'DELETE', '/api/auth/me', { json: { password: user.account.password } });
  return { client, user, account: user.account };
};

describe('DELETE /api/auth/me', () => {
  it('requires the password', async () => {
    const client = auth.client();
    const { account } = await client.register();
    expect(await client.problem('DELETE', '/api/auth/me', { json: { password: 'not this one' } })).toMatchObject({
      status: 403,
      code: 'wrong_password',
    });
    expect(await client.problem('DELETE', '/api/auth/me')).toMatchObject({
      status: 400,
      code: 'validation_failed',
      errors: [{ path: 'password' }],
    });
    await auth.client().login(account);
  });

  it('ends every session and rejects logins at once, and keeps the names until everything is erased', async () => {
    const other = auth.client();
    const client = auth.client();
    const { account } = await client.register();
    await other.login(account);
    await client.expect(202, 'DELETE', '/api/auth/me', { json: { password: account.password } });
    for (const each of [client, other, client.clone()])
      expect(await each.problem('GET', '/api/auth/me')).toMatchObject({ status: 401, code: 'unauthenticated' });
    const { email, password } = account;
    expect(await auth.client().problem('POST', '/api/auth/login', { json: { email, password } })).toMatchObject({
      code: 'invalid_credentials',
    });
    expect(await auth.client().problem('POST', '/api/auth/register', { json: newAccount({ email }) })).toMatchObject({
      code: 'email_taken',
    });
    expect(
      await auth.client().problem('POST', '/api/auth/register', { json: newAccount({ username: account.username }) }),
    ).toMatchObject({ code: 'username_taken' });
  });

  it('releases the names once both services reported, and keeps a receipt without personal data', async () => {
    const { user, account } = await deleteAccount();
    await confirmEvents(user.id);
    expect(await isQueued('eraseMedia', user.id, 'counted')).toBe(false); // nothing is erased before it was counted
    await report(user.id, 'media', { media: 3, files: 9 }, false); // and crashes while erasing them
    expect(await isQueued('eraseMedia', user.id, 'counted')).toBe(true);
    await report(user.id, 'media', { media: 1, files: 2 }, false);
    await report(user.id, 'notification', { notifications: 5 }, false);
    expect(await itemOf(user.id)).not.toBeNull();
    await report(user.id, 'media', {});
    expect(await itemOf(user.id)).not.toBeNull();
    await report(user.id, 'notification', {});
    expect(await itemOf(user.id)).toBeNull();
    expect(await receiptOf(user.id)).toMatchObject({
      pk: `receipt#${user.id}`,
      schemaVersion: 1,
      counts: { auth: { sessions: 1 }, media: { media: 3, files: 9 }, notification: { notifications: 5 } },
      requestedAt: expect.any(String) as string,
      finishedAt: expect.any(String) as string,
    });
    await report(user.id, 'media', {});
    expect(await itemOf(user.id)).toBeNull();
    expect(await receiptOf(user.id)).toMatchObject({ counts: { media: { media: 3 } }, finally: {} });
    expect((await auth.client().register(account)).id).not.toBe(user.id);
  });

  it('makes every service erase again a day later, for requests that were in flight', async () => {
    const { user } = await deleteAccount();
    await confirmEvents(user.id);
    for (const done of [false, true])
      for (const service of ['media', 'notification'] as const) await report(user.id, service, { things: 1 }, done);
    const areQueued = () =>
      Promise.all([isQueued('eraseMedia', user.id, 'final'), isQueued('eraseNotifications', user.id, 'final')]);
    const sweep = () => auth.app.get(ErasureService).resume(new Date().toISOString());
    await sweep();
    expect(await areQueued()).toEqual([false, false]);
    await auth.dynamo.update('users', { pk: `receipt#${user.id}` }, { set: [['openAt', new Date().toISOString()]] });
    await eventually(
      async () => {
        await sweep();
        return areQueued();
      },
      ([media, notifications]) => Boolean(media && notifications),
    );
    await report(user.id, 'media', {});
    expect(await receiptOf(user.id)).toMatchObject({ finally: { media: true } });
    await report(user.id, 'notification', {});
    expect(Object.keys((await receiptOf(user.id))!).toSorted()).toEqual([
      'counts',
      'finishedAt',
      'pk',
      'requestedAt',
      'schemaVersion',
    ]);
  });

  it('is resumed by the sweep after a lost job', async () => {
    const { user, account } = await deleteAccount();
    await report(user.id, 'media', {}, false);
    await auth.dynamo.update(
      'users',
      { pk: `user#${user.id}` },
      {
        set: [
          [['receipts', 'media', 'done'], true],
          [['receipts', 'notification'], { counts: {}, done: true }],
        ],
      },
    ); // and the job that follows was lost
    expect(await itemOf(user.id)).not.toBeNull();
    await eventually(
      // the index is eventually consistent
      async () => {
        await auth.app.get(ErasureService).resume(new Date().toISOString());
        return itemOf(user.id);
      },
      (item) => item === null,
    );
    await auth.client().register(account);
  });

  it('releases the names while alerts cannot be delivered, and keeps the unconfirmed events', async () => {
    const { user, account } = await deleteAccount();
    for (const done of [false, true])
      for (const service of ['media', 'notification'] as const) await report(user.id, service, {}, done);
    expect(await itemOf(user.id)).toBeNull();
    await auth.client().register(account);
    const source = { table: 'users' as const, key: { pk: `receipt#${user.id}` } };
    const [eventId] = Object.keys((await auth.dynamo.get<UserItem>('users', source.key))!.pending);
    const outbox = auth.app.get(Outbox);
    const announced = await outbox.read(source, eventId!);
    expect(announced).toMatchObject({
      event: { type: 'user.registered', userId: user.id },
      isDeleted: true,
    });
    await confirmEvent(outbox, source, eventId!);
    expect(await outbox.read(source, eventId!)).toBeNull();
  });
});
