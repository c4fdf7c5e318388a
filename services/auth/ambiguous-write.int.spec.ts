import { startFaultProxy, type FaultProxy } from '#testing';
import { startAuth, type AuthFixture } from './auth.testing';

/** DynamoDB does what it is told, the answer gets lost, and the SDK asks again: a condition that held the first time does not hold any more. */
describe('a change of an account whose answer got lost', () => {
  let auth: AuthFixture;
  let way: FaultProxy;
  beforeAll(async () => {
    auth = await startAuth({ wayToDynamoDb: async (endpoint) => (way = await startFaultProxy(endpoint)).url });
  });
  afterAll(async () => {
    await auth.stop();
    await way.stop();
  });

  /** The first write that carries this attribute is done, and not heard. */
  const cutOnce = (attribute: string) => {
    let isCut = false;
    way.behave((operation, body) => {
      if (isCut || operation !== 'UpdateItem' || !body.includes(attribute)) return 'pass';
      isCut = true;
      return 'cut';
    });
    return () => isCut;
  };

  const joined = async () => {
    const client = auth.client();
    return { client, ...(await client.register()) };
  };

  it('is a change all the same: the password', async () => {
    const { client, account } = await joined();
    const other = auth.client();
    await other.login(account);
    const isCut = cutOnce('"passwordHash"');
    await client.expect(204, 'PUT', '/api/auth/me/password', {
      json: { currentPassword: account.password, newPassword: 'another good sentence' },
    });
    expect(isCut()).toBe(true);
    expect((await other.call('GET', '/api/auth/me')).status).toBe(401); // every other session ended
    await auth.client().login({ ...account, password: 'another good sentence' });
  });

  it('is a change all the same: the username', async () => {
    const { client, username } = await joined();
    const isCut = cutOnce('"usernameLower"');
    expect(await client.expect(200, 'PATCH', '/api/auth/me', { json: { username: `${username}-2` } })).toMatchObject({
      username: `${username}-2`,
    });
    expect(isCut()).toBe(true);
  });

  it('is a change all the same: the deletion', async () => {
    const { client, account } = await joined();
    const isCut = cutOnce('"deletedAt"');
    await client.expect(202, 'DELETE', '/api/auth/me', { json: { password: account.password } });
    expect(isCut()).toBe(true);
    expect((await client.call('GET', '/api/auth/me')).status).toBe(401);
  });
});
