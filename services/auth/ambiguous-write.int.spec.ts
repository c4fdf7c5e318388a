import { startFaultProxy, type FaultProxy } from '#testing';
import { startAuth, type AuthFixture } from './auth.testing';

/**
 * Ambiguous writes: DynamoDB performs the write, the response is lost, and the SDK retries. The condition that held for
 * the first attempt fails for the second.
 */
describe('a change of an account whose response was lost', () => {
  let auth: AuthFixture;
  let proxy: FaultProxy;
  beforeAll(async () => {
    auth = await startAuth({ dynamoEndpoint: async (endpoint) => (proxy = await startFaultProxy(endpoint)).url });
  });
  afterAll(async () => {
    await auth.stop();
    await proxy.stop();
  });

  /** The first update of this attribute is performed, and its response is lost. */
  const loseResponseOnce = (attribute: string) => {
    let isCut = false;
    proxy.behave((operation, body) => {
      if (isCut || operation !== 'UpdateItem' || !body.includes(attribute)) return 'pass';
      isCut = true;
      return 'cut';
    });
    return () => isCut;
  };

  const registerClient = async () => {
    const client = auth.client();
    return { client, ...(await client.register()) };
  };

  it('counts as made: the password', async () => {
    const { client, account } = await registerClient();
    const other = auth.client();
    await other.login(account);
    const isCut = loseResponseOnce('"passwordHash"');
    await client.expect(204, 'PUT', '/api/auth/me/password', {
      json: { currentPassword: account.password, newPassword: 'another good sentence' },
    });
    expect(isCut()).toBe(true);
    expect((await other.call('GET', '/api/auth/me')).status).toBe(401); // every other session ended
    await auth.client().login({ ...account, password: 'another good sentence' });
  });

  it('counts as made: the username', async () => {
    const { client, username } = await registerClient();
    const isCut = loseResponseOnce('"usernameLower"');
    expect(await client.expect(200, 'PATCH', '/api/auth/me', { json: { username: `${username}-2` } })).toMatchObject({
      username: `${username}-2`,
    });
    expect(isCut()).toBe(true);
  });

  it('counts as made: the deletion', async () => {
    const { client, account } = await registerClient();
    const isCut = loseResponseOnce('"deletedAt"');
    await client.expect(202, 'DELETE', '/api/auth/me', { json: { password: account.password } });
    expect(isCut()).toBe(true);
    expect((await client.call('GET', '/api/auth/me')).status).toBe(401);
  });
});
