import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Dynamo } from '#platform';
import { newAccount, startDynamoDb } from '#testing';
import { Reservations } from './reservations';
import { UsersRepository } from './users.repository';

const realDate = Date;

/** A process that is killed before its nth write: from then on nothing it does arrives. */
class DyingDynamo extends Dynamo {
  writes = 0;
  diesBefore = Number.POSITIVE_INFINITY;

  override put(...args: Parameters<Dynamo['put']>) {
    return this.unlessDead(() => super.put(...args));
  }
  override update<T>(...args: Parameters<Dynamo['update']>) {
    return this.unlessDead(() => super.update<T>(...args));
  }
  override delete(...args: Parameters<Dynamo['delete']>) {
    return this.unlessDead(() => super.delete(...args));
  }

  private async unlessDead<T>(write: () => Promise<T>): Promise<T> {
    this.writes += 1;
    if (this.writes >= this.diesBefore) throw new Error('killed');
    return write();
  }
}

/** The clock alone is moved: everything waits for as long as ever. */
function later(seconds: number): void {
  const real = [
    'hrtime',
    'nextTick',
    'performance',
    'queueMicrotask',
    'setImmediate',
    'clearImmediate',
    'setInterval',
    'clearInterval',
    'setTimeout',
    'clearTimeout',
  ] as const;
  jest.useFakeTimers({ now: realDate.now() + seconds * 1_000, doNotFake: [...real] });
}

function person() {
  const { username, email } = newAccount();
  return { username, email, passwordHash: `hash of ${username}` };
}

describe('unique e-mails and usernames', () => {
  let database: Awaited<ReturnType<typeof startDynamoDb>>;
  const clients: DynamoDBClient[] = [];
  const connect = () => {
    const client = new DynamoDBClient({
      endpoint: database.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    clients.push(client);
    return new DyingDynamo(client, 'test-');
  };
  /** Another process. */
  const process = () => {
    const dynamo = connect();
    const reservations = new Reservations(dynamo);
    return { dynamo, reservations, users: new UsersRepository(dynamo, reservations) };
  };

  beforeAll(async () => {
    database = await startDynamoDb();
    await connect().ensureTables();
  });
  afterAll(async () => {
    for (const client of clients) client.destroy();
    await database.stop();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('lets one of fifty have an e-mail', async () => {
    const { users } = process();
    const { email } = person();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => users.create({ ...person(), email })));
    const winners = outcomes.filter((outcome) => 'user' in outcome);
    expect(winners).toHaveLength(1);
    expect(outcomes.filter((outcome) => 'taken' in outcome && outcome.taken === 'email')).toHaveLength(49);
    expect((await users.findByEmail(email))?.id).toBe(winners[0]!.user.id);
  });

  it('lets one of fifty have a username, and leaves the e-mails of the others free', async () => {
    const { users } = process();
    const { username } = person();
    const people = Array.from({ length: 50 }, () => ({ ...person(), username }));
    const outcomes = await Promise.all(people.map((one) => users.create(one)));
    expect(outcomes.filter((outcome) => 'user' in outcome)).toHaveLength(1);
    const losers = people.filter((_, at) => 'taken' in outcomes[at]!);
    const again = await Promise.all(
      losers.slice(0, 5).map((one) => users.create({ ...one, username: person().username })),
    );
    expect(again.every((outcome) => 'user' in outcome)).toBe(true);
  });

  // reserve e-mail, reserve username, account, confirm e-mail, confirm username
  it.each([1, 2, 3, 4, 5, 6])(
    'a registration that is killed before write %i leaves a working account or free names',
    async (diesBefore) => {
      const killed = process();
      killed.dynamo.diesBefore = diesBefore;
      const someone = person();
      const hadAccount = await killed.users.create(someone).then(
        () => true,
        () => diesBefore > 3,
      );
      for (const seconds of [0, 31]) {
        later(seconds);
        const { users } = process();
        const found = await users.findByEmail(someone.email);
        expect(found !== null).toBe(hadAccount);
        if (hadAccount) {
          expect(await users.create(someone)).toEqual({ taken: 'email' });
          expect(await users.create({ ...person(), username: someone.username })).toEqual({ taken: 'username' });
          expect(found?.username).toBe(someone.username);
        }
      }
      if (!hadAccount) expect(await process().users.create(someone)).toHaveProperty('user');
    },
  );

  it('refuses a name that is reserved at this moment, and gives it back when it was not used', async () => {
    const killed = process();
    killed.dynamo.diesBefore = 3;
    const someone = person();
    await expect(killed.users.create(someone)).rejects.toThrow('killed');
    expect(await process().users.create(someone)).toEqual({ taken: 'email' });
    expect(await process().users.create({ ...someone, email: person().email })).toEqual({ taken: 'username' });
    later(31);
    expect(await process().users.create(someone)).toHaveProperty('user');
  });

  it('erases a name that was reserved for nobody, once it is forgotten, and no other', async () => {
    const killed = process();
    killed.dynamo.diesBefore = 3;
    const [someone, other] = [person(), person()];
    await expect(killed.users.create(someone)).rejects.toThrow('killed');
    await process().users.create(other);
    const { dynamo, reservations } = process();
    const names = async () =>
      (
        await Promise.all(
          [someone, other]
            .flatMap(({ email, username }) => [`email#${email}`, `username#${username}`])
            .map((pk) => dynamo.get('users', { pk: pk.toLowerCase() })),
        )
      ).map((row) => row !== null);
    await reservations.sweep(new Date());
    expect(await names()).toEqual([true, true, true, true]);
    await reservations.sweep(new Date(Date.now() + 2 * 3_600_000));
    expect(await names()).toEqual([false, false, true, true]);
  });

  // reserve the new name, account, confirm the new name, free the old one
  it.each([1, 2, 3, 4, 5])(
    'a change of the username that is killed before write %i leaves one name owned and the other free',
    async (diesBefore) => {
      const first = process();
      const created = await first.users.create(person());
      if (!('user' in created)) throw new Error('Expected an account');
      const { user } = created;
      const { username } = person();
      const killed = process();
      killed.dynamo.diesBefore = diesBefore;
      await killed.users.rename(user, username).catch(() => {});
      later(31);
      const { users } = process();
      const now = await users.find(user.id);
      expect(now?.username).toBe(diesBefore <= 2 ? user.username : username);
      const freed = now?.username === username ? user.username : username;
      expect(await users.create({ ...person(), username: now!.username })).toEqual({ taken: 'username' });
      expect(await users.create({ ...person(), username: freed })).toHaveProperty('user');
    },
  );

  it('gives one of two accounts the username that both want', async () => {
    const { users } = process();
    const [a, b] = await Promise.all([users.create(person()), users.create(person())]);
    if (!('user' in a) || !('user' in b)) throw new Error('Expected accounts');
    const { username } = person();
    const outcomes = await Promise.all([users.rename(a.user, username), users.rename(b.user, username)]);
    expect(outcomes.filter((outcome) => outcome === 'taken')).toHaveLength(1);
  });

  it('keeps the name of an account that asks for the same change twice at once', async () => {
    const { users } = process();
    const created = await users.create(person());
    if (!('user' in created)) throw new Error('Expected an account');
    const { username } = person();
    await Promise.all(Array.from({ length: 5 }, () => users.rename(created.user, username)));
    expect((await users.find(created.user.id))?.username).toBe(username);
    for (const seconds of [0, 31]) {
      later(seconds);
      expect(await users.create({ ...person(), username })).toEqual({ taken: 'username' });
    }
    expect(await users.create({ ...person(), username: created.user.username })).toHaveProperty('user');
  });

  it('keeps a name that an account left and came back to', async () => {
    const { users } = process();
    const created = await users.create(person());
    if (!('user' in created)) throw new Error('Expected an account');
    const away = await users.rename(created.user, person().username);
    if (typeof away === 'string') throw new Error('Expected the change to work');
    const back = await users.rename(away, created.user.username);
    expect(back).toMatchObject({ username: created.user.username });
    expect(await users.create({ ...person(), username: created.user.username })).toEqual({ taken: 'username' });
    expect(await users.create({ ...person(), username: away.username })).toHaveProperty('user');
  });
});
