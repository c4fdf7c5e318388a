import { cleanText } from '#contracts';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

const MAX_STRING_LENGTH = 1_000;
const MAX_KEY_LENGTH = 100;
const MAX_BYTES = 16 * 1024;
const MAX_DEPTH = 4;
const MAX_ITEMS = 50;

/** Keys that would pollute a prototype when the object is merged. */
const prototypeKeys = new Set(['__proto__', 'constructor', 'prototype']);

const isPositive = (value: Json) => typeof value === 'number' && value > 0;

/** Facts with values that cannot be true, whichever library or file says them. */
const plausible: Record<string, (value: Json) => boolean> = {
  ...Object.fromEntries(
    [
      'bitsPerSecond',
      'bitsPerSample',
      'sampleRateHz',
      'channels',
      'framesPerSecond',
      'bpm',
      'year',
      'track',
      'disc',
    ].map((key) => [key, isPositive]),
  ),
  /** Devices without a position write 0, 0: a point in the sea. */
  gps: (place) => !isOrigin(place),
};

function isOrigin(place: Json): boolean {
  if (typeof place !== 'object' || place === null || Array.isArray(place)) return true;
  return place.latitude === 0 && place.longitude === 0;
}

/**
 * Sanitizes the metadata of a file into plain JSON that is safe to store and to show as text: no NaN or Infinity, no
 * prototype keys, no control characters, no implausible facts; strings <= 1000 characters, arrays and objects <= 50
 * entries, depth <= 4.
 * Top-level entries that exceed 16 KiB in total are omitted.
 */
export function cleanMetadata(raw: object): Record<string, Json> {
  const kept: [string, Json][] = [];
  let sizeBytes = 2;
  for (const [key, value] of cleanEntries(raw, MAX_DEPTH)) {
    if (plausible[key]?.(value) === false) continue;
    const entryBytes = Buffer.byteLength(JSON.stringify({ [key]: value }));
    if (sizeBytes + entryBytes > MAX_BYTES) continue;
    sizeBytes += entryBytes;
    kept.push([key, value]);
  }
  return Object.fromEntries(kept);
}

function cleanEntries(raw: object, depth: number): [string, Json][] {
  const entries: [string, Json][] = [];
  for (const [rawKey, rawValue] of Object.entries(raw)) {
    if (entries.length === MAX_ITEMS) break;
    const key = shortText(rawKey, MAX_KEY_LENGTH);
    const value = prototypeKeys.has(key) || key === '' ? undefined : clean(rawValue, depth - 1);
    if (value !== undefined) entries.push([key, value]);
  }
  return entries;
}

/** Returns undefined for a value that is dropped. */
function clean(value: unknown, depth: number): Json | undefined {
  if (typeof value === 'string') return shortText(value, MAX_STRING_LENGTH) || undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'bigint') return clean(Number(value), depth);
  if (typeof value === 'boolean') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || depth === 0) return undefined;
  if (Array.isArray(value)) return cleanList(value, depth);
  const entries = cleanEntries(value, depth);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function cleanList(values: unknown[], depth: number): Json[] | undefined {
  const cleaned = values.slice(0, MAX_ITEMS).map((value) => clean(value, depth - 1));
  const kept = cleaned.filter((value) => value !== undefined);
  return kept.length === 0 ? undefined : kept;
}

function shortText(text: string, maxLength: number): string {
  const whole = cleanText(text.slice(0, maxLength * 2));
  if (whole.length <= maxLength) return whole;
  return whole.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '') + '…'; // do not split a surrogate pair
}
