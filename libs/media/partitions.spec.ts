import { parsePartitionKey, partitionKey, partitions } from './partitions';

describe('a partition key', () => {
  it.each(partitions)('holds the user and the partition %s', (partition) => {
    expect(parsePartitionKey(partitionKey('01ABC', partition))).toEqual({ userId: '01ABC', partition });
  });

  it('is the user id alone for the media themselves', () => {
    expect(parsePartitionKey('01ABC')).toEqual({ userId: '01ABC', partition: null });
  });
});
