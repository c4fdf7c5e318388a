import { Injectable } from '@nestjs/common';
import type { AccountMail, UserEvent } from '#contracts';
import {
  DependencyUnavailableError,
  Dynamo,
  equals,
  exists,
  MAX_PENDING,
  missing,
  newId,
  newNonce,
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
import { userEvent } from './user-events';
import { parseUser, unlessChanged, type UserItem } from './user.item';

export type NewUser = Pick<UserItem, 'username' | 'email' | 'passwordHash'>;
type Links = Required<Pick<UserItem, 'links' | 'linksAt'>>;

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

  /**
   * Creates an account, or returns which name is taken. The first one of a local installation is an admin.
   * @param origin where its owner reaches this server
   * @param linkFor the link of the mail about its registration
   */
  async create(
    input: NewUser,
    origin: string | null = null,
    linkFor?: (event: UserEvent, email: string) => Links,
  ): Promise<{ user: UserItem; event: UserEvent } | { taken: Unique }> {
    const id = newId();
    const event = userEvent(id, 'user.registered', {
      to: input.email,
      username: input.username,
      origin,
      nonce: newNonce(),
    });
    const createdAt = event.occurredAt;
    const names = { usernameLower: input.username.toLowerCase(), emailLower: input.email.toLowerCase() };
    const user: UserItem = {
      ...userKey(id),
      schemaVersion: 1,
      id,
      ...input,
      ...names,
      role: (await this.roster.enterFirst(id)) ? 'admin' : 'user',
      createdAt,
      ...(origin && { origin }),
      ...linkFor?.(event, input.email),
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
   * Adds a login event, and one for the mail about a new device.
   * @returns null when the password was changed, or the account disabled or deleted, since `user` was read
   */
  async recordLogin(
    user: UserItem,
    { origin, newDevice }: { origin: string; newDevice: AccountMail | null },
  ): Promise<{ user: UserItem; events: UserEvent[] } | null> {
    const login = userEvent(user.id, 'user.logged_in');
    const events = newDevice ? [login, userEvent(user.id, 'user.new_device', newDevice)] : [login];
    const change = {
      set: [...Outbox.addEvents(user.id, events), ['origin', origin] as const],
      remove: surplusLoginEvents(user),
      when: unlessChanged(equals('passwordHash', user.passwordHash), missing('disabledAt')),
    };
    const updated = await this.update(user.id, change);
    return updated && { user: updated, events };
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

  /**
   * Sets a password, and removes every link that was mailed except those that confirm the current address.
   * @param event of the change
   * @param link the hash of the link that permits the change; it proves the mailbox, too
   * @returns false when the password is no longer the one that was verified, or the link was used
   */
  async setPassword(user: UserItem, passwordHash: string, event: UserEvent, link?: string): Promise<boolean> {
    const isSame = equals('passwordHash', user.passwordHash);
    const kept = Object.entries(user.links ?? {}).filter(([, { email }]) => email === user.email);
    const change = {
      set: [
        ['passwordHash', passwordHash] as const,
        ['links', Object.fromEntries(kept)] as const,
        ['linksAt', event.occurredAt] as const,
        ...(link ? [['emailVerifiedAt', user.emailVerifiedAt ?? event.occurredAt] as const] : []),
        ...Outbox.addEvents(user.id, [event]),
      ],
      when: link ? unlessChanged(isSame, exists(['links', link])) : unlessChanged(isSame),
    };
    return writeOrConfirm(
      async () => (await this.update(user.id, change)) !== null,
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
  async markDeleted(user: UserItem, counts: Record<string, number>, event: UserEvent): Promise<boolean> {
    const at = new Date().toISOString();
    const change = {
      set: [
        ['deletedAt', at],
        ['receipts', { auth: { counts, done: true } }],
        ['openShard', shardOf(user.id)],
        ['openAt', at],
        ...Outbox.addEvents(user.id, [event]),
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
    .filter(({ type }) => type === 'user.logged_in' || type === 'user.new_device')
    .toSorted((a, b) => (a.occurredAt < b.occurredAt ? -1 : 1));
  return logins.slice(0, Math.max(0, logins.length - MAX_PENDING + 1)).map(({ id }) => ['pending', id]);
}

const unlessDeleted = (user: UserItem | null) => (user?.deletedAt ? null : user);
