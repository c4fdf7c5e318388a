import { createHash } from 'node:crypto';
import { monotonicFactory } from 'ulid';

/** A new ULID: sortable by creation, also within one millisecond of one process. */
export const newId: () => string = monotonicFactory();

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'; // Crockford base 32, as the ULID specification has it

/** The least id of those that are made at `time` or later. */
export const leastIdAt = (time: Date): string => base32(BigInt(time.getTime()), 10);

const ID = new RegExp(`^[${ALPHABET}]{26}$`);

/** False for text that can name nothing of ours, and that a table may not even take as a key. */
export const isId = (text: string): boolean => ID.test(text);

/**
 * The ULID that an event always gets: its time, then the first 80 bits of sha256(eventId) where a ULID has randomness.
 * So a repeat of the event writes the same row.
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
