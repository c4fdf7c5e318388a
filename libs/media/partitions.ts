/**
 * What lies beside a user's media in the media table, each under a partition key of its own: `{userId}#{partition}`.
 * Deleting an account erases every one of them.
 */
export const partitions = ['counters', 'words', 'idempotency', 'reused'] as const;
export type Partition = (typeof partitions)[number];

/** The partition key of what lies beside a user's media. */
export const partitionKey = (userId: string, partition: Partition): string => `${userId}#${partition}`;

/** Whose rows a partition key holds, and which; `partition` is null for the media themselves. */
export function parsePartitionKey(key: string): { userId: string; partition: Partition | null } {
  const [userId = '', name] = key.split('#');
  return { userId, partition: partitions.find((partition) => partition === name) ?? null };
}
