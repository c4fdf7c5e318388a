import type { Request } from 'express';
import type { AccountMail, UserEvent } from '#contracts';
import { newId } from '#platform';
import type { UserItem } from './user.item';

/** Returns a new event of an account. @param mail for events that cause a mail */
export function userEvent(userId: string, type: UserEvent['type'], mail?: AccountMail): UserEvent {
  const id = `${userId}.${type}.${newId()}`;
  return { id, type, occurredAt: new Date().toISOString(), userId, ...(mail && { mail }) };
}

/** Returns what a mail to the current address of `user` says about a request; without one, an operator acted. */
export function accountMail({ email, username }: Pick<UserItem, 'email' | 'username'>, req?: Request): AccountMail {
  if (!req) return { to: email, username, origin: null };
  return {
    to: email,
    username,
    origin: originOf(req),
    device: { ip: req.ip ?? '', userAgent: (req.get('user-agent') ?? '').slice(0, 256) },
  };
}

/** Returns scheme, host and port under which the client reached this server. */
export const originOf = (req: Request): string => `${req.protocol}://${req.host}`;
