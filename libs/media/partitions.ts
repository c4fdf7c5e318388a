/**
 * Data of a user that is stored beside the media in the media table, each under a partition key of its own:
 * `{userId}#{partition}`. Deleting an account erases all of them.
 */
export const partitions = ['counters', 'words', 'idempotency', 'reused', 'analysis'] as const;
export type Partition = (typeof partitions)[number];

/** Returns the partition key of one of a user's partitions. */
export const partitionKey = (userId: string, partition: Partition): string => `${userId}#${partition}`;

/** Returns the user and the partition of a partition key; `partition` is null for the media themselves. */
export function parsePartitionKey(key: string): { userId: string; partition: Partition | null } {
  const [userId = '', name] = key.split('#');
  return { userId, partition: partitions.find((partition) => partition === name) ?? null };
}
