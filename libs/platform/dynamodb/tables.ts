import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';

export interface TableShape {
  hash: string;
  range?: string;
  /**
   * Local secondary indexes, named by their range key. They allow consistent reads, so that a list contains items
   * created just before. Sparse and KEYS_ONLY (items are fetched), so that a change of status or progress does not
   * write them.
   */
  local?: readonly string[];
  /** Global secondary indexes [name, hash, range]. Sparse: an item is in an index only while it has both keys. */
  global?: ReadonlyArray<readonly [name: string, hash: string, range: string]>;
}

/**
 * The tables. Outboxes and open items are found through sparse indexes whose hash key is a shard, which avoids a hot
 * partition.
 * - users: `user#{id}`, and the reservations `email#{lower case}`, `username#{lower case}`
 * - media: the library of a user, newest last by ULID; also `{userId}#counters`, `{userId}#words`,
 *   `{userId}#idempotency`, `{userId}#reused` and `{userId}#analysis` (preferences, spending by month)
 * - admin: what spans all accounts, each kind of row in partitions of its own (`{kind}` or `{kind}#{part}`): the ids of
 *   accounts, media and failures, the roster of admins, the audit log
 * - webhooks: per user; also `{userId}#deliveries`, open while a delivery is pending
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
  webhooks: { hash: 'userId', range: 'id', global: [['open', 'openShard', 'openAt']] },
  notifications: { hash: 'userId', range: 'id', local: ['visibleId', 'unreadId'] },
  /** A table, not indexes of the others: those of an existing table cannot be added in one step, or in the emulator. */
  admin: { hash: 'pk', range: 'sk' },
} as const satisfies Record<string, TableShape>;

export type TableName = keyof typeof tables;

/** Tables whose items expire at `expiresAt` (epoch seconds). */
export const tablesWithTtl: ReadonlySet<TableName> = new Set(['media', 'notifications', 'admin', 'webhooks']);

/** Returns the key of an item, its attributes always in the same order. */
export function keyOf(table: TableName, item: Record<string, unknown>): Record<string, string> {
  const { hash, range }: TableShape = tables[table];
  return { [hash]: item[hash] as string, ...(range && { [range]: item[range] as string }) };
}

const USER = 'user#';

/** Returns the key of an account in the users table. */
export const userKey = (userId: string) => ({ pk: `${USER}${userId}` });

/** Returns the key of the receipt of a deleted account. */
export const receiptKey = (userId: string) => ({ pk: `receipt#${userId}` });

/** Returns the user id in a key of the users table; null for reservations and receipts. */
export const userIdOf = (pk: string): string | null => (pk.startsWith(USER) ? pk.slice(USER.length) : null);

const SHARDS = 8;
export const shards = Array.from({ length: SHARDS }, (_, shard) => `s${shard}`);

/** Returns the shard of an id: deterministic and evenly distributed. */
export function shardOf(id: string): string {
  let hash = 0;
  for (const character of id) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return `s${hash % SHARDS}`;
}

/**
 * Returns the input of CreateTable. On-demand billing: an idle installation pays for its storage and for the queries of
 * the sweeps.
 */
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
