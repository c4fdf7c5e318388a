import type { User } from '#contracts';
import { rowParser, type OutboxFields } from '#platform';

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
  /** Set when the owner deleted the account; it is erased in the background. */
  deletedAt?: string;
  /** The counts that each service reported, and whether it has erased them. */
  receipts?: Partial<Record<ErasingService | 'auth', { counts: Record<string, number>; done: boolean }>>;
  openShard?: string;
  openAt?: string;
}

export const parseUser = rowParser<UserItem>();

/** Services that report before an account is removed, in the order of erasure: erased media emit no more events. */
export const erasingServices = ['media', 'notification'] as const;
export type ErasingService = (typeof erasingServices)[number];

export function toUser({ id, username, email, role, createdAt }: UserItem): User {
  return { id, username, email, role, createdAt };
}
