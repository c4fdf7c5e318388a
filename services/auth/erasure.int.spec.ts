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
const isAsked = (queue: 'eraseMedia' | 'eraseNotifications', userId: string, how: 'new' | 'counted' | 'final') =>
  auth.app.get(JobQueue).has(queue, `${userId}.${how}`);
const receiptOf = (id: string) => auth.dynamo.get('users', { pk: `receipt#${id}` });
/** What the notification service does once an event is dealt with. */
const confirmEvents = async (id: string) => {
  const item = await itemOf(id);
  for (const event of Object.keys(item!.pending))
    await confirmEvent(auth.app.get(Outbox), { table: 'users', key: { pk: `user#${id}` } }, event);
};
const deleted = async () => {
  const client = auth.client();
  const user = await client.register();
  await client.expect(202, 'DELETE', '/api/auth/me', { json: { password: user.account.password } });
  return { client, user, account: user.account };
};

describe('DELETE /api/auth/me', () => {
  it('needs the password', async () => {
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

  it('ends every session and the login at once; the names are kept until all is erased', async () => {
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

  it('frees the names once both services reported, and keeps a receipt without a person in it', async () => {
    const { user, account } = await deleted();
    await confirmEvents(user.id);
    expect(await isAsked('eraseMedia', user.id, 'counted')).toBe(false); // nothing may go before it is known what there was
    await report(user.id, 'media', { media: 3, files: 9 }, false); // and dies in the middle of erasing them
    expect(await isAsked('eraseMedia', user.id, 'counted')).toBe(true);
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

  it('lets every service erase once more a day later, for what was under way', async () => {
    const { user } = await deleted();
    await confirmEvents(user.id);
    for (const done of [false, true])
      for (const service of ['media', 'notification'] as const) await report(user.id, service, { things: 1 }, done);
    const asked = () =>
      Promise.all([isAsked('eraseMedia', user.id, 'final'), isAsked('eraseNotifications', user.id, 'final')]);
    const sweep = () => auth.app.get(ErasureService).resume(new Date().toISOString());
    await sweep();
    expect(await asked()).toEqual([false, false]);
    await auth.dynamo.update('users', { pk: `receipt#${user.id}` }, { set: [['openAt', new Date().toISOString()]] });
    await eventually(
      async () => {
        await sweep();
        return asked();
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

  it('goes on by the sweeper after whatever was lost', async () => {
    const { user, account } = await deleted();
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
    ); // and nobody heard of it
    expect(await itemOf(user.id)).not.toBeNull();
    await eventually(
      // the index is consistent only in the end
      async () => {
        await auth.app.get(ErasureService).resume(new Date().toISOString());
        return itemOf(user.id);
      },
      (item) => item === null,
    );
    await auth.client().register(account);
  });

  it('frees the names also while no alert can be delivered, and keeps what is still to be announced', async () => {
    const { user, account } = await deleted();
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
