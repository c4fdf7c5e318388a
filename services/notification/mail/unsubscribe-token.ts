import { createHmac, timingSafeEqual } from 'node:crypto';
import type { PreferenceType } from '#contracts';

/** What a mail of a list can be ended for: a type, or everything that is mailed daily. */
export const mailLists = ['media.completed', 'media.failed', 'drop.finished', 'daily'] as const;
export type MailList = (typeof mailLists)[number] & (PreferenceType | 'daily');

const macOf = (secret: string, text: string) =>
  createHmac('sha256', secret).update(`unsubscribe: ${text}`).digest('base64url').slice(0, 24);

/** Returns a token that names a user and a list, and cannot be made without the server's secret. It does not expire. */
export function unsubscribeToken(secret: string, userId: string, list: MailList): string {
  const text = `${userId}~${list}`;
  return `${text}~${macOf(secret, text)}`;
}

/** Returns null for a token that this server has not made. */
export function parseUnsubscribeToken(secret: string, token: string): { userId: string; list: MailList } | null {
  const [userId = '', name = '', mac = ''] = token.split('~');
  const list = mailLists.find((each) => each === name);
  const given = Buffer.from(mac);
  const expected = Buffer.from(macOf(secret, `${userId}~${name}`));
  return list && given.length === expected.length && timingSafeEqual(given, expected) ? { userId, list } : null;
}
