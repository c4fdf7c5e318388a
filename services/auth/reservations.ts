import { Injectable } from '@nestjs/common';
import { all, Dynamo, equals, exists, missing, newId, type Condition, userKey } from '#platform';
import { parseUser, type UserItem } from './user.item';

/** Kinds of unique names, and the field of the account that holds each. */
const fields = { email: 'emailLower', username: 'usernameLower' } as const;
export type Unique = keyof typeof fields;

interface Reservation {
  pk: string;
  userId: string;
  /** Random, new for each reservation of the name. */
  claim: string;
  /** ISO time; absent once confirmed. */
  pendingUntil?: string;
}

export const PENDING_MS = 30_000;
/** Long after the request that made the reservation has ended. */
const ABANDONED_MS = 3_600_000;

const keyOf = (kind: Unique, value: string) => ({ pk: `${kind}#${value}` });
const isUnique = (kind: string): kind is Unique => Object.hasOwn(fields, kind);
/** Splits at the first `#`: a name may contain others. */
const splitOnce = (pk: string): [kind: string, value: string] => [
  pk.slice(0, pk.indexOf('#')),
  pk.slice(pk.indexOf('#') + 1),
];
const isOwnedBy = (userId: string): Condition => equals('userId', userId);

/**
 * Makes e-mails and usernames unique without transactions: first a reservation that expires, then the account, then
 * the confirmation. After a crash in between, the name belongs to a working account or becomes available again. Values
 * are in lower case.
 */
@Injectable()
export class Reservations {
  constructor(private readonly dynamo: Dynamo) {}

  /** Reserves a name for {@link PENDING_MS}. Returns false when it is taken. */
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
    // ambiguous write: the SDK retried our own put
    if (found.userId === userId) return this.dynamo.put('users', mine, isOwnedBy(userId));
    if (found.pendingUntil && found.pendingUntil > new Date().toISOString()) return false;
    if (await this.owner(kind, value, found)) return false;
    return this.dynamo.put('users', mine, equals('claim', found.claim));
  }

  /** Makes a reservation permanent. Returns false when it expired and another account took the name. */
  async confirm(kind: Unique, value: string, userId: string): Promise<boolean> {
    return (
      (await this.dynamo.update('users', keyOf(kind, value), { remove: ['pendingUntil'], when: isOwnedBy(userId) })) !==
      null
    );
  }

  async release(kind: Unique, value: string, userId: string): Promise<void> {
    await this.dynamo.delete('users', keyOf(kind, value), isOwnedBy(userId));
  }

  /** Deletes reservations whose account was never written: they block no one, but contain personal data. */
  async sweep(now: Date, signal?: AbortSignal): Promise<void> {
    const before = new Date(now.getTime() - ABANDONED_MS).toISOString();
    for await (const row of this.dynamo.scan<Reservation>('users', ['pk', 'userId', 'claim', 'pendingUntil'])) {
      signal?.throwIfAborted();
      const [kind, value = ''] = splitOnce(row.pk);
      if (!isUnique(kind) || !row.pendingUntil || row.pendingUntil > before) continue;
      if (!(await this.owner(kind, value, row)))
        await this.dynamo.delete('users', { pk: row.pk }, equals('claim', row.claim));
    }
  }

  /** Returns a function that releases the name, unless it was reserved again meanwhile, even by the same user. */
  async prepareRelease(kind: Unique, value: string): Promise<() => Promise<void>> {
    const found = await this.dynamo.get<Reservation>('users', keyOf(kind, value));
    return async () => {
      if (found) await this.dynamo.delete('users', keyOf(kind, value), equals('claim', found.claim));
    };
  }

  /** Returns the account that owns a name. */
  async find(kind: Unique, value: string): Promise<UserItem | null> {
    const found = await this.dynamo.get<Reservation>('users', keyOf(kind, value));
    return this.owner(kind, value, found ?? { userId: 'nobody' }); // always two reads: no timing leak of existing names
  }

  /** Returns the account that bears the name of a reservation, and confirms what a crash left unconfirmed. */
  private async owner(
    kind: Unique,
    value: string,
    reservation: Pick<Reservation, 'userId' | 'pendingUntil'>,
  ): Promise<UserItem | null> {
    const row = await this.dynamo.get('users', userKey(reservation.userId));
    const user = row && parseUser(row);
    if (user?.[fields[kind]] !== value) return null;
    if (reservation.pendingUntil) {
      await this.dynamo.update('users', keyOf(kind, value), {
        remove: ['pendingUntil'],
        when: all(isOwnedBy(user.id), exists('pendingUntil')),
      });
    }
    return user;
  }
}
