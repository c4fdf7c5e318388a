import { createHash } from 'node:crypto';
import { monotonicFactory } from 'ulid';

/** Returns a new ULID: sortable by creation time, also within one millisecond of one process. */
export const newId: () => string = monotonicFactory();

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'; // Crockford's base 32, see the ULID specification

/** Returns the smallest id that can be created at `time` or later. */
export const leastIdAt = (time: Date): string => base32(BigInt(time.getTime()), 10);

const ID = new RegExp(`^[${ALPHABET}]{26}$`);

/** False for text that cannot be an id of this system (and that DynamoDB may reject as a key). */
export const isId = (text: string): boolean => ID.test(text);

/**
 * Returns the same ULID for the same event: its time, then the first 80 bits of sha256(eventId) instead of randomness.
 * This makes writes for an event idempotent: a repeat writes the same row.
 */
export function deterministicId(occurredAt: string, eventId: string): string {
  const time = base32(BigInt(new Date(occurredAt).getTime()), 10);
  const hash = createHash('sha256').update(eventId).digest().subarray(0, 10);
  return time + base32(BigInt(`0x${hash.toString('hex')}`), 16);
}

function base32(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest >>= 5n) text = ALPHABET[Number(rest & 31n)] + text;
  return text;
}
