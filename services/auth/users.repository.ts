import { Injectable } from '@nestjs/common';
import type { UserEvent } from '#contracts';
import {
  all,
  DependencyUnavailableError,
  Dynamo,
  equals,
  exists,
  MAX_PENDING,
  missing,
  newId,
  Outbox,
  shardOf,
  userKey,
  writeOrConfirm,
  type Change,
  type Condition,
} from '#platform';
import { AdminRoster } from './admin/admin-roster';
import { UserDirectory } from './admin/user-directory';
import { PENDING_MS, Reservations, type Unique } from './reservations';
import { parseUser, type UserItem } from './user.item';

export type NewUser = Pick<UserItem, 'username' | 'email' | 'passwordHash'>;

/** The account is not deleted, and `conditions` (what the caller has read) still hold. */
const unlessChanged = (...conditions: Condition[]): Condition => all(exists('pk'), missing('deletedAt'), ...conditions);

/** A reservation that expires sooner than this is not used: it may expire before the account is written. */
const RESERVATION_MARGIN_MS = 10_000;

/** Reads and writes accounts. */
@Injectable()
export class UsersRepository {
  constructor(
    private readonly dynamo: Dynamo,
    private readonly reservations: Reservations,
    private readonly roster: AdminRoster,
    private readonly directory: UserDirectory,
  ) {}

  /** Creates an account, or returns which name is taken. The first one of a local installation is an admin. */
  async create(input: NewUser): Promise<{ user: UserItem; event: UserEvent } | { taken: Unique }> {
    const id = newId();
    const createdAt = new Date().toISOString();
    const event: UserEvent = {
      id: `${id}.user.registered.${newId()}`,
      type: 'user.registered',
      occurredAt: createdAt,
      userId: id,
    };
    const names = { usernameLower: input.username.toLowerCase(), emailLower: input.email.toLowerCase() };
    const user: UserItem = {
      ...userKey(id),
      schemaVersion: 1,
      id,
      ...input,
      ...names,
      role: (await this.roster.enterFirst(id)) ? 'admin' : 'user',
      createdAt,
      ...Outbox.firstEvent(id, event),
    };
    try {
      const taken = await this.reserveAndInsert(user);
      if (!taken) return { user, event };
      await this.undo(user);
      return { taken };
    } catch (error) {
      // not awaited, the client waits: what is left expires or becomes a working account
      void this.undo(user).catch(() => {});
      throw error;
    }
  }

  /** Removes an account that was not announced yet, then its names: they must not be released before it. */
  async undo(user: UserItem): Promise<void> {
    await this.dynamo.delete('users', userKey(user.id));
    await this.release(user);
    await this.forget(user);
  }

  /** Removes an account that does not exist any more from the lists of all accounts and of admins. */
  async forget({ id, role }: UserItem): Promise<void> {
    await this.directory.remove(id);
    if (role === 'admin') await this.roster.discard(id);
  }

  /** Releases the names of an account. */
  async release(user: UserItem): Promise<void> {
    await Promise.all([
      this.reservations.release('email', user.emailLower, user.id),
      this.reservations.release('username', user.usernameLower, user.id),
    ]);
  }

  /** Returns null also for a deleted account. */
  async find(id: string): Promise<UserItem | null> {
    return unlessDeleted(await this.read(id));
  }

  async findByEmail(email: string): Promise<UserItem | null> {
    return unlessDeleted(await this.reservations.find('email', email.toLowerCase()));
  }

  /**
   * Adds a login event. Returns null when the password was changed, or the account disabled or deleted, since `user`
   * was read.
   */
  async recordLogin(user: UserItem): Promise<{ user: UserItem; event: UserEvent } | null> {
    const event: UserEvent = {
      id: `${user.id}.user.logged_in.${newId()}`,
      type: 'user.logged_in',
      occurredAt: new Date().toISOString(),
      userId: user.id,
    };
    const change = {
      set: Outbox.addEvent(user.id, event),
      remove: surplusLoginEvents(user),
      when: unlessChanged(equals('passwordHash', user.passwordHash), missing('disabledAt')),
    };
    const updated = await this.update(user.id, change);
    return updated && { user: updated, event };
  }

  /** Returns 'taken', or 'changed' when a concurrent change won. */
  async rename(user: UserItem, username: string): Promise<UserItem | 'taken' | 'changed'> {
    const usernameLower = username.toLowerCase();
    if (usernameLower === user.usernameLower) return (await this.setUsername(user, username)) ?? 'changed';
    const releaseOld = await this.reservations.prepareRelease('username', user.usernameLower);
    const reservedAt = Date.now();
    if (!(await this.reservations.reserve('username', usernameLower, user.id))) return 'taken';
    assertReservationFresh(reservedAt);
    const renamed = await this.setUsername(user, username);
    // perhaps to this name, by a concurrent call of the same user: so the reservation is left to expire
    if (!renamed) return 'changed';
    await this.reservations.confirm('username', usernameLower, user.id);
    await releaseOld();
    return renamed;
  }

  /** Returns false when the password is no longer the one that was verified. */
  async setPassword(user: UserItem, passwordHash: string): Promise<boolean> {
    const when = unlessChanged(equals('passwordHash', user.passwordHash));
    return writeOrConfirm(
      async () => (await this.update(user.id, { set: [['passwordHash', passwordHash]], when })) !== null,
      async () => (await this.find(user.id))?.passwordHash === passwordHash,
    );
  }

  /** Returns null when the account does not exist. */
  setRole(id: string, role: UserItem['role']): Promise<UserItem | null> {
    return this.update(id, { set: [['role', role]], when: unlessChanged() });
  }

  /** Returns null when the account does not exist. */
  setDisabled(id: string, isDisabled: boolean): Promise<UserItem | null> {
    const change = isDisabled
      ? { set: [['disabledAt', new Date().toISOString()]] as const }
      : { remove: ['disabledAt'] };
    return this.update(id, { ...change, when: unlessChanged() });
  }

  /** Marks an account as deleted: logins are rejected, and the sweep finds it by the `open` index. */
  async markDeleted(user: UserItem, counts: Record<string, number>): Promise<boolean> {
    const at = new Date().toISOString();
    const change = {
      set: [
        ['deletedAt', at],
        ['receipts', { auth: { counts, done: true } }],
        ['openShard', shardOf(user.id)],
        ['openAt', at],
      ],
      when: unlessChanged(equals('passwordHash', user.passwordHash)),
    } as const;
    return writeOrConfirm(
      async () => (await this.update(user.id, change)) !== null,
      async () => (await this.read(user.id))?.deletedAt === at,
    );
  }

  private async read(id: string): Promise<UserItem | null> {
    const row = await this.dynamo.get('users', userKey(id));
    return row && parseUser(row);
  }

  private async update(id: string, change: Change & { when: Condition }): Promise<UserItem | null> {
    const row = await this.dynamo.update('users', userKey(id), change);
    return row && parseUser(row);
  }

  private async setUsername(user: UserItem, username: string): Promise<UserItem | null> {
    const change = {
      set: [
        ['username', username],
        ['usernameLower', username.toLowerCase()],
      ],
      when: unlessChanged(equals('username', user.username)),
    } as const;
    return writeOrConfirm(
      () => this.update(user.id, change),
      async () => {
        const now = await this.find(user.id);
        return now?.username === username ? now : null;
      },
    );
  }

  private async reserveAndInsert(user: UserItem): Promise<Unique | null> {
    const reservedAt = Date.now();
    if (!(await this.reservations.reserve('email', user.emailLower, user.id))) return 'email';
    if (!(await this.reservations.reserve('username', user.usernameLower, user.id))) return 'username';
    await this.directory.add(user.id);
    assertReservationFresh(reservedAt);
    await this.dynamo.put('users', { ...user });
    if (!(await this.reservations.confirm('email', user.emailLower, user.id))) return 'email';
    return (await this.reservations.confirm('username', user.usernameLower, user.id)) ? null : 'username';
  }
}

function assertReservationFresh(reservedAt: number): void {
  if (Date.now() - reservedAt > PENDING_MS - RESERVATION_MARGIN_MS)
    throw new DependencyUnavailableError('dynamodb', new Error('the reservation of a name is about to expire'));
}

/** Paths of the oldest login events beyond MAX_PENDING: logins must work while events stay unconfirmed for weeks. */
function surplusLoginEvents({ pending }: UserItem): Array<[string, string]> {
  const logins = Object.values(pending)
    .filter(({ type }) => type === 'user.logged_in')
    .toSorted((a, b) => (a.occurredAt < b.occurredAt ? -1 : 1));
  return logins.slice(0, Math.max(0, logins.length - MAX_PENDING + 1)).map(({ id }) => ['pending', id]);
}

const unlessDeleted = (user: UserItem | null) => (user?.deletedAt ? null : user);
