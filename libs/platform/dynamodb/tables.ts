import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';

export interface TableShape {
  hash: string;
  range?: string;
  /** Local secondary indexes, by their range key: they allow consistent reads, so a list shows at once what was just made. Sparse, keys alone (the rest is fetched), so that a change of status or progress does not write them. */
  local?: readonly string[];
  /** Global secondary indexes [name, hash, range]. Sparse: an item is in it only while it has both keys. */
  global?: ReadonlyArray<readonly [name: string, hash: string, range: string]>;
}

/**
 * Every table. Outbox and open work are found through sparse indexes whose hash key is a shard, so that no single key gets hot.
 * - users: `user#{id}`, and the reservations `email#{lower case}`, `username#{lower case}`
 * - media: the library of a user, newest last by ULID; `{userId}#counters`, `{userId}#words`, `{userId}#idempotency` and `{userId}#reused` lie beside it
 * - notifications: per user; `visibleId` until cleared, `unreadId` until read
 */
export const tables = {
  users: {
    hash: 'pk',
    global: [
      ['outbox', 'outboxShard', 'outboxAt'],
      ['open', 'openShard', 'openAt'],
    ],
  },
  media: {
    hash: 'userId',
    range: 'id',
    local: ['byKind', 'byStatus', 'byKindStatus', 'visibleId', 'bySha256'],
    global: [
      ['outbox', 'outboxShard', 'outboxAt'],
      ['open', 'openShard', 'openAt'],
    ],
  },
  notifications: { hash: 'userId', range: 'id', local: ['visibleId', 'unreadId'] },
} as const satisfies Record<string, TableShape>;

export type TableName = keyof typeof tables;

const USER = 'user#';

/** The key of an account in the users table. */
export const userKey = (userId: string) => ({ pk: `${USER}${userId}` });

/** The key of what stays of a deleted account. */
export const receiptKey = (userId: string) => ({ pk: `receipt#${userId}` });

/** The account that a key of the users table is of; null for reservations and receipts. */
export const userIdOf = (pk: string): string | null => (pk.startsWith(USER) ? pk.slice(USER.length) : null);

const SHARDS = 8;
export const shards = Array.from({ length: SHARDS }, (_, shard) => `s${shard}`);

/** The shard an id belongs to: always the same, evenly spread. */
export function shardOf(id: string): string {
  let hash = 0;
  for (const character of id) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return `s${hash % SHARDS}`;
}

/** What CreateTable needs. On demand billing: an idle installation costs storage alone. */
export function createTableInput(name: string, shape: TableShape): CreateTableCommandInput {
  const indexKeys = (shape.global ?? []).flatMap(([, hash, range]) => [hash, range]);
  const attributes = new Set([shape.hash, ...(shape.range ? [shape.range] : []), ...(shape.local ?? []), ...indexKeys]);
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...attributes].map((attribute) => ({
      AttributeName: attribute,
      AttributeType: 'S' as const,
    })),
    KeySchema: keySchema(shape.hash, shape.range),
    ...(shape.local && {
      LocalSecondaryIndexes: shape.local.map((range) => ({
        IndexName: range,
        KeySchema: keySchema(shape.hash, range),
        Projection: { ProjectionType: 'KEYS_ONLY' as const },
      })),
    }),
    ...(shape.global && {
      GlobalSecondaryIndexes: shape.global.map(([indexName, hash, range]) => ({
        IndexName: indexName,
        KeySchema: keySchema(hash, range),
        Projection: { ProjectionType: 'KEYS_ONLY' as const },
      })),
    }),
  };
}

function keySchema(hash: string, range?: string) {
  return [
    { AttributeName: hash, KeyType: 'HASH' as const },
    ...(range ? [{ AttributeName: range, KeyType: 'RANGE' as const }] : []),
  ];
}
