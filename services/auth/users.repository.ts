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
  type Condition,
  userKey,
} from '#platform';
import { PENDING_MS, Reservations, type Unique } from './reservations';
import type { UserItem } from './user.item';

export type NewUser = Pick<UserItem, 'username' | 'email' | 'passwordHash'>;

/** Not deleted, and still what the caller has seen. */
const live = (...conditions: Condition[]): Condition => all(exists('pk'), missing('deletedAt'), ...conditions);

/** A reservation of which less than this is left is not built upon: it may be gone before the account is written. */
const MARGIN_MS = 10_000;

/** Accounts, and the one writer of them. */
@Injectable()
export class UsersRepository {
  constructor(
    private readonly dynamo: Dynamo,
    private readonly reservations: Reservations,
  ) {}

  /** Makes an account. @returns which name is taken, when one is. */
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
      role: 'user',
      createdAt,
      ...Outbox.firstEvent(id, event),
    };
    try {
      const taken = await this.claim(user);
      if (!taken) return { user, event };
      await this.undo(user);
      return { taken };
    } catch (error) {
      void this.undo(user).catch(() => {}); // not waited for: the client is. What is left runs out by itself, or becomes a working account
      throw error;
    }
  }

  /** Takes an account back that nobody has been told of. The account first: its names may not go before it. */
  async undo(user: UserItem): Promise<void> {
    await this.dynamo.delete('users', userKey(user.id));
    await this.release(user);
  }

  /** Frees the names of an account. */
  async release(user: UserItem): Promise<void> {
    await Promise.all([
      this.reservations.release('email', user.emailLower, user.id),
      this.reservations.release('username', user.usernameLower, user.id),
    ]);
  }

  /** null also for an account that was deleted. */
  async find(id: string): Promise<UserItem | null> {
    return unlessDeleted(await this.dynamo.get<UserItem>('users', userKey(id)));
  }

  async findByEmail(email: string): Promise<UserItem | null> {
    return unlessDeleted(await this.reservations.find('email', email.toLowerCase()));
  }

  /** Announces a login. @returns null when the password was changed or the account deleted since `user` was read. */
  async recordLogin(user: UserItem): Promise<{ user: UserItem; event: UserEvent } | null> {
    const event: UserEvent = {
      id: `${user.id}.user.logged_in.${newId()}`,
      type: 'user.logged_in',
      occurredAt: new Date().toISOString(),
      userId: user.id,
    };
    const change = {
      set: Outbox.addEvent(user.id, event),
      remove: surplusLogins(user),
      when: live(equals('passwordHash', user.passwordHash)),
    };
    const updated = await this.dynamo.update<UserItem>('users', userKey(user.id), change);
    return updated && { user: updated, event };
  }

  /** @returns 'taken', or 'changed' when another change came first. */
  async rename(user: UserItem, username: string): Promise<UserItem | 'taken' | 'changed'> {
    const usernameLower = username.toLowerCase();
    if (usernameLower === user.usernameLower) return (await this.setUsername(user, username)) ?? 'changed';
    const releaseOld = await this.reservations.releaseLater('username', user.usernameLower);
    const reservedAt = Date.now();
    if (!(await this.reservations.reserve('username', usernameLower, user.id))) return 'taken';
    refuseLate(reservedAt);
    const renamed = await this.setUsername(user, username);
    if (!renamed) return 'changed'; // perhaps to this very name, by a twin of this call: so the reservation runs out by itself
    await this.reservations.confirm('username', usernameLower, user.id);
    await releaseOld();
    return renamed;
  }

  /** @returns false when the password is not the one that was checked any more. */
  async setPassword(user: UserItem, passwordHash: string): Promise<boolean> {
    const when = live(equals('passwordHash', user.passwordHash));
    if (await this.dynamo.update('users', userKey(user.id), { set: [['passwordHash', passwordHash]], when }))
      return true;
    return (await this.find(user.id))?.passwordHash === passwordHash; // our own first attempt may have gone through unheard
  }

  /** From now on nobody can log in; the `open` index leads the sweeper to what is left to erase. */
  async markDeleted(user: UserItem, counts: Record<string, number>): Promise<boolean> {
    const at = new Date().toISOString();
    const marked = await this.dynamo.update('users', userKey(user.id), {
      set: [
        ['deletedAt', at],
        ['receipts', { auth: { counts, done: true } }],
        ['openShard', shardOf(user.id)],
        ['openAt', at],
      ],
      when: live(equals('passwordHash', user.passwordHash)),
    });
    if (marked) return true;
    const now = await this.dynamo.get<UserItem>('users', userKey(user.id));
    return now?.deletedAt === at; // our own first attempt may have gone through unheard
  }

  private async setUsername(user: UserItem, username: string): Promise<UserItem | null> {
    const change = {
      set: [
        ['username', username],
        ['usernameLower', username.toLowerCase()],
      ],
      when: live(equals('username', user.username)),
    } as const;
    const renamed = await this.dynamo.update<UserItem>('users', userKey(user.id), change);
    if (renamed) return renamed;
    const now = await this.find(user.id); // our own first attempt may have gone through unheard
    return now?.username === username ? now : null;
  }

  private async claim(user: UserItem): Promise<Unique | null> {
    const reservedAt = Date.now();
    if (!(await this.reservations.reserve('email', user.emailLower, user.id))) return 'email';
    if (!(await this.reservations.reserve('username', user.usernameLower, user.id))) return 'username';
    refuseLate(reservedAt);
    await this.dynamo.put('users', { ...user });
    if (!(await this.reservations.confirm('email', user.emailLower, user.id))) return 'email';
    return (await this.reservations.confirm('username', user.usernameLower, user.id)) ? null : 'username';
  }
}

function refuseLate(reservedAt: number): void {
  if (Date.now() - reservedAt > PENDING_MS - MARGIN_MS)
    throw new DependencyUnavailableError('dynamodb', new Error('a reservation took too long to be built upon'));
}

/** While nobody takes events for weeks, logging in must go on: the alert of the oldest login gives way. */
function surplusLogins({ pending }: UserItem): Array<[string, string]> {
  const logins = Object.values(pending)
    .filter(({ type }) => type === 'user.logged_in')
    .toSorted((a, b) => (a.occurredAt < b.occurredAt ? -1 : 1));
  return logins.slice(0, Math.max(0, logins.length - MAX_PENDING + 1)).map(({ id }) => ['pending', id]);
}

const unlessDeleted = (user: UserItem | null) => (user?.deletedAt ? null : user);
