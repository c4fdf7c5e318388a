import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { Redis } from 'ioredis';
import { startDynamoDb } from './dynamodb';
import { startRedis } from './redis';

describe('startRedis', () => {
  it('keeps acknowledged writes in a crash, and leaves no process after stop', async () => {
    const server = await startRedis();
    const before = new Redis(server.url);
    await before.set('key', 'kept');
    expect(await before.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    before.disconnect();
    const firstPid = server.pid;
    await server.kill();
    expect(() => process.kill(firstPid, 0)).toThrow('ESRCH');
    await server.restart();
    const after = new Redis(server.url);
    expect(await after.get('key')).toBe('kept');
    after.disconnect();
    await server.stop();
    expect(() => process.kill(server.pid, 0)).toThrow('ESRCH');
  });
});

describe('startDynamoDb', () => {
  it('serves the AWS SDK and stops despite a keep-alive connection', async () => {
    const { endpoint, stop } = await startDynamoDb();
    const client = new DynamoDBClient({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    await client.send(
      new CreateTableCommand({
        TableName: 'things',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    );
    expect((await client.send(new ListTablesCommand())).TableNames).toEqual(['things']);
    await stop();
    client.destroy();
  });
});
