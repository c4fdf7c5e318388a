import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Dynamo } from '#platform';
import { newAccount, startDynamoDb } from '#testing';
import { AdminRoster } from './admin/admin-roster';
import { UserDirectory } from './admin/user-directory';
import { Reservations } from './reservations';
import { UsersRepository } from './users.repository';

const realDate = Date;

/** A process that is killed before its nth write: that write and all later ones fail. */
class CrashingDynamo extends Dynamo {
  writes = 0;
  crashBefore = Number.POSITIVE_INFINITY;

  override put(...args: Parameters<Dynamo['put']>) {
    return this.unlessCrashed(() => super.put(...args));
  }
  override update<T>(...args: Parameters<Dynamo['update']>) {
    return this.unlessCrashed(() => super.update<T>(...args));
  }
  override delete(...args: Parameters<Dynamo['delete']>) {
    return this.unlessCrashed(() => super.delete(...args));
  }

  private async unlessCrashed<T>(write: () => Promise<T>): Promise<T> {
    this.writes += 1;
    if (this.writes >= this.crashBefore) throw new Error('killed');
    return write();
  }
}

/** Moves the clock only: timers run in real time. */
function advanceClock(seconds: number): void {
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

function newPerson() {
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
    return new CrashingDynamo(client, 'test-');
  };
  /** The repositories of another process. */
  const process = () => {
    const dynamo = connect();
    const reservations = new Reservations(dynamo);
    const roster = new AdminRoster(dynamo, { mode: 'aws' });
    return {
      dynamo,
      reservations,
      users: new UsersRepository(dynamo, reservations, roster, new UserDirectory(dynamo)),
    };
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

  it('gives an e-mail to one of fifty concurrent registrations', async () => {
    const { users } = process();
    const { email } = newPerson();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => users.create({ ...newPerson(), email })));
    const winners = outcomes.filter((outcome) => 'user' in outcome);
    expect(winners).toHaveLength(1);
    expect(outcomes.filter((outcome) => 'taken' in outcome && outcome.taken === 'email')).toHaveLength(49);
    expect((await users.findByEmail(email))?.id).toBe(winners[0]!.user.id);
  });

  it('gives a username to one of fifty concurrent registrations, and releases the e-mails of the others', async () => {
    const { users } = process();
    const { username } = newPerson();
    const people = Array.from({ length: 50 }, () => ({ ...newPerson(), username }));
    const outcomes = await Promise.all(people.map((one) => users.create(one)));
    expect(outcomes.filter((outcome) => 'user' in outcome)).toHaveLength(1);
    const losers = people.filter((_, at) => 'taken' in outcomes[at]!);
    const again = await Promise.all(
      losers.slice(0, 5).map((one) => users.create({ ...one, username: newPerson().username })),
    );
    expect(again.every((outcome) => 'user' in outcome)).toBe(true);
  });

  // reserve e-mail, reserve username, list of accounts, account, confirm e-mail, confirm username
  it.each([1, 2, 3, 4, 5, 6, 7])(
    'a registration that is killed before write %i leaves a working account or released names',
    async (crashBefore) => {
      const killed = process();
      killed.dynamo.crashBefore = crashBefore;
      const someone = newPerson();
      const hadAccount = await killed.users.create(someone).then(
        () => true,
        () => crashBefore > 4,
      );
      for (const seconds of [0, 31]) {
        advanceClock(seconds);
        const { users } = process();
        const found = await users.findByEmail(someone.email);
        expect(found !== null).toBe(hadAccount);
        if (hadAccount) {
          expect(await users.create(someone)).toEqual({ taken: 'email' });
          expect(await users.create({ ...newPerson(), username: someone.username })).toEqual({ taken: 'username' });
          expect(found?.username).toBe(someone.username);
        }
      }
      if (!hadAccount) expect(await process().users.create(someone)).toHaveProperty('user');
    },
  );

  it('rejects a reserved name, and releases it when the reservation expires', async () => {
    const killed = process();
    killed.dynamo.crashBefore = 3;
    const someone = newPerson();
    await expect(killed.users.create(someone)).rejects.toThrow('killed');
    expect(await process().users.create(someone)).toEqual({ taken: 'email' });
    expect(await process().users.create({ ...someone, email: newPerson().email })).toEqual({ taken: 'username' });
    advanceClock(31);
    expect(await process().users.create(someone)).toHaveProperty('user');
  });

  it('deletes an abandoned reservation, and no other', async () => {
    const killed = process();
    killed.dynamo.crashBefore = 3;
    const [someone, other] = [newPerson(), newPerson()];
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

  // reserve the new name, account, confirm the new name, release the old one
  it.each([1, 2, 3, 4, 5])(
    'a change of the username that is killed before write %i leaves one name owned and the other released',
    async (crashBefore) => {
      const first = process();
      const created = await first.users.create(newPerson());
      if (!('user' in created)) throw new Error('Expected an account');
      const { user } = created;
      const { username } = newPerson();
      const killed = process();
      killed.dynamo.crashBefore = crashBefore;
      await killed.users.rename(user, username).catch(() => {});
      advanceClock(31);
      const { users } = process();
      const now = await users.find(user.id);
      expect(now?.username).toBe(crashBefore <= 2 ? user.username : username);
      const released = now?.username === username ? user.username : username;
      expect(await users.create({ ...newPerson(), username: now!.username })).toEqual({ taken: 'username' });
      expect(await users.create({ ...newPerson(), username: released })).toHaveProperty('user');
    },
  );

  it('gives a username to one of two accounts that request it concurrently', async () => {
    const { users } = process();
    const [a, b] = await Promise.all([users.create(newPerson()), users.create(newPerson())]);
    if (!('user' in a) || !('user' in b)) throw new Error('Expected accounts');
    const { username } = newPerson();
    const outcomes = await Promise.all([users.rename(a.user, username), users.rename(b.user, username)]);
    expect(outcomes.filter((outcome) => outcome === 'taken')).toHaveLength(1);
  });

  it('keeps the username of an account that sends the same change concurrently', async () => {
    const { users } = process();
    const created = await users.create(newPerson());
    if (!('user' in created)) throw new Error('Expected an account');
    const { username } = newPerson();
    await Promise.all(Array.from({ length: 5 }, () => users.rename(created.user, username)));
    expect((await users.find(created.user.id))?.username).toBe(username);
    for (const seconds of [0, 31]) {
      advanceClock(seconds);
      expect(await users.create({ ...newPerson(), username })).toEqual({ taken: 'username' });
    }
    expect(await users.create({ ...newPerson(), username: created.user.username })).toHaveProperty('user');
  });

  it('keeps a username that an account changed and changed back', async () => {
    const { users } = process();
    const created = await users.create(newPerson());
    if (!('user' in created)) throw new Error('Expected an account');
    const renamed = await users.rename(created.user, newPerson().username);
    if (typeof renamed === 'string') throw new Error('Expected the change to work');
    const back = await users.rename(renamed, created.user.username);
    expect(back).toMatchObject({ username: created.user.username });
    expect(await users.create({ ...newPerson(), username: created.user.username })).toEqual({ taken: 'username' });
    expect(await users.create({ ...newPerson(), username: renamed.username })).toHaveProperty('user');
  });
});
