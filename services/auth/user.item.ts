import type { User } from '#contracts';
import { all, exists, missing, rowParser, type Condition, type OutboxFields } from '#platform';

/** A link in a mail, under the hash of its token. It is removed when it is used. */
export interface AccountLink {
  purpose: 'password' | 'email';
  /** The address that it confirms. */
  email?: string;
  expiresAt: string;
}

/** An account in the users table, under `user#{id}`. */
export interface UserItem extends OutboxFields {
  pk: string;
  schemaVersion: 1;
  id: string;
  username: string;
  usernameLower: string;
  email: string;
  emailLower: string;
  role: User['role'];
  passwordHash: string;
  createdAt: string;
  /** Set while an admin has disabled the account: it cannot log in, and its media stay. */
  disabledAt?: string;
  /** When the current address was confirmed from its mailbox. */
  emailVerifiedAt?: string;
  /** Where its owner reaches this server, for links in mails where PUBLIC_URL is not set. */
  origin?: string;
  links?: Record<string, AccountLink>;
  /** The time of the latest change of `links`, by which writers notice each other. */
  linksAt?: string;
  /** Set when the owner deleted the account; it is erased in the background. */
  deletedAt?: string;
  /** The counts that each service reported, and whether it has erased them. */
  receipts?: Partial<Record<ErasingService | 'auth', { counts: Record<string, number>; done: boolean }>>;
  openShard?: string;
  openAt?: string;
}

export const parseUser = rowParser<UserItem>();

/** The account is not deleted, and `conditions` (what the caller has read) still hold. */
export const unlessChanged = (...conditions: Condition[]): Condition =>
  all(exists('pk'), missing('deletedAt'), ...conditions);

/** Services that report before an account is removed, in the order of erasure: erased media emit no more events. */
export const erasingServices = ['media', 'notification'] as const;
export type ErasingService = (typeof erasingServices)[number];

export function toUser({ id, username, email, role, createdAt }: UserItem): User {
  return { id, username, email, role, createdAt };
}
