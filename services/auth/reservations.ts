import { Injectable } from '@nestjs/common';
import { all, Dynamo, equals, exists, missing, newId, type Condition, userKey } from '#platform';
import type { UserItem } from './user.item';

/** What must be unique, and the field of the account that says who has it. */
const fields = { email: 'emailLower', username: 'usernameLower' } as const;
export type Unique = keyof typeof fields;

interface Reservation {
  pk: string;
  userId: string;
  /** Another one for each time that the name was taken. */
  claim: string;
  /** ISO time; absent once confirmed. */
  pendingUntil?: string;
}

export const PENDING_MS = 30_000;
/** Long after whoever reserved has given up. */
const FORGOTTEN_MS = 3_600_000;

const keyOf = (kind: Unique, value: string) => ({ pk: `${kind}#${value}` });
const isUnique = (kind: string): kind is Unique => Object.hasOwn(fields, kind);
/** A name may hold a `#`. */
const splitOnce = (pk: string): [kind: string, value: string] => [
  pk.slice(0, pk.indexOf('#')),
  pk.slice(pk.indexOf('#') + 1),
];
const isOf = (userId: string): Condition => equals('userId', userId);

/**
 * Who owns which e-mail and username, without transactions: first a reservation that runs out by itself, then the
 * account, then the confirmation. Whatever dies in between, the name ends up with a working account or free again.
 * Values are in lower case.
 */
@Injectable()
export class Reservations {
  constructor(private readonly dynamo: Dynamo) {}

  /** Takes a name for {@link PENDING_MS}. @returns false when somebody else has it. */
  async reserve(kind: Unique, value: string, userId: string): Promise<boolean> {
    const key = keyOf(kind, value);
    const mine = {
      ...key,
      userId,
      claim: newId(),
      pendingUntil: new Date(Date.now() + PENDING_MS).toISOString(),
      schemaVersion: 1,
    };
    if (await this.dynamo.put('users', mine, missing('pk'))) return true;
    const found = await this.dynamo.get<Reservation>('users', key);
    if (!found) return this.dynamo.put('users', mine, missing('pk'));
    if (found.userId === userId) return this.dynamo.put('users', mine, isOf(userId)); // our own put was delivered twice
    if (found.pendingUntil && found.pendingUntil > new Date().toISOString()) return false;
    if (await this.owner(kind, value, found)) return false;
    return this.dynamo.put('users', mine, equals('claim', found.claim));
  }

  /** Makes a reservation last. @returns false when it ran out and went to somebody else. */
  async confirm(kind: Unique, value: string, userId: string): Promise<boolean> {
    return (
      (await this.dynamo.update('users', keyOf(kind, value), { remove: ['pendingUntil'], when: isOf(userId) })) !== null
    );
  }

  async release(kind: Unique, value: string, userId: string): Promise<void> {
    await this.dynamo.delete('users', keyOf(kind, value), isOf(userId));
  }

  /** Erases the reservations whose account never came. They are in nobody's way, but what stands in them is somebody's. */
  async sweep(now: Date, signal?: AbortSignal): Promise<void> {
    const before = new Date(now.getTime() - FORGOTTEN_MS).toISOString();
    for await (const row of this.dynamo.scan<Reservation>('users', ['pk', 'userId', 'claim', 'pendingUntil'])) {
      signal?.throwIfAborted();
      const [kind, value = ''] = splitOnce(row.pk);
      if (!isUnique(kind) || !row.pendingUntil || row.pendingUntil > before) continue;
      if (!(await this.owner(kind, value, row)))
        await this.dynamo.delete('users', { pk: row.pk }, equals('claim', row.claim));
    }
  }

  /** What to call when a name is not needed any more, unless it is taken again until then, be it by the same user. */
  async releaseLater(kind: Unique, value: string): Promise<() => Promise<void>> {
    const found = await this.dynamo.get<Reservation>('users', keyOf(kind, value));
    return async () => {
      if (found) await this.dynamo.delete('users', keyOf(kind, value), equals('claim', found.claim));
    };
  }

  /** The account that has a name. */
  async find(kind: Unique, value: string): Promise<UserItem | null> {
    const found = await this.dynamo.get<Reservation>('users', keyOf(kind, value));
    return this.owner(kind, value, found ?? { userId: 'nobody' }); // two reads in any case: the time must not tell which names exist
  }

  /** A reservation counts when its account exists and bears the name. Confirms what a crash left unconfirmed. */
  private async owner(
    kind: Unique,
    value: string,
    reservation: Pick<Reservation, 'userId' | 'pendingUntil'>,
  ): Promise<UserItem | null> {
    const user = await this.dynamo.get<UserItem>('users', userKey(reservation.userId));
    if (user?.[fields[kind]] !== value) return null;
    if (reservation.pendingUntil) {
      await this.dynamo.update('users', keyOf(kind, value), {
        remove: ['pendingUntil'],
        when: all(isOf(user.id), exists('pendingUntil')),
      });
    }
    return user;
  }
}
