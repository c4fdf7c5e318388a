import { parsePartitionKey, partitionKey, partitions } from './partitions';

describe('partition keys', () => {
  it.each(partitions)('name the user and %s', (partition) => {
    expect(parsePartitionKey(partitionKey('01ABC', partition))).toEqual({ userId: '01ABC', partition });
  });

  it('of the media themselves are the user alone', () => {
    expect(parsePartitionKey('01ABC')).toEqual({ userId: '01ABC', partition: null });
  });
});
