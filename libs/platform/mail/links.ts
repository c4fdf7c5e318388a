import { createHash, createHmac, randomBytes } from 'node:crypto';

/** Returns the random part of a token, which the event of its mail carries. */
export const newNonce = (): string => randomBytes(32).toString('base64url');

/**
 * Returns the token of a link in a mail: the user and 256 bits that follow from the random nonce in the event of the
 * mail and the server's secret, so that neither a copy of the table nor the secret alone suffices. A mail that is sent
 * again after an ambiguous failure is the same mail with the same link; its link is stored under the token's hash.
 */
export function linkToken(secret: string, userId: string, nonce: string): string {
  return `${userId}.${createHmac('sha256', secret).update(`link in a mail: ${nonce}`).digest('base64url')}`;
}

/** Returns the user of a token and the hash under which its link is stored; null when it is malformed. */
export function parseLinkToken(token: string): { userId: string; hash: string } | null {
  const [userId] = token.split('.', 1);
  return /^[0-9A-Z]{26}\.[\w-]{43}$/.test(token) ? { userId: userId!, hash: hashLinkToken(token) } : null;
}

/** How long a link that permits something is valid: it needs a mailbox that is at hand. */
const LINK_MS = 30 * 60_000;

/** Returns until when the link of an event is valid, as ISO 8601 UTC. */
export const linkExpiry = ({ occurredAt }: { occurredAt: string }): string =>
  new Date(Date.parse(occurredAt) + LINK_MS).toISOString();

/** Tokens have 256 random bits, so a plain hash suffices (no salt, no key stretching). */
export const hashLinkToken = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** Returns where links in mails lead: PUBLIC_URL, else the origin of a request; null without either. */
export const mailOrigin = (publicUrl: string | null, origin: string | null): string | null =>
  publicUrl ? publicUrl.replace(/\/+$/, '') : origin;
