import { mkdtempSync, rmSync } from 'node:fs';
import { request, type OutgoingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { AbstractIterator, AbstractKeyIterator, AbstractLevel, AbstractValueIterator } from 'abstract-level';
import { eventually } from '#testing';
import { startDynamoDbEmulator, type DynamoDbEmulator } from './dynamodb-emulator';

const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
const listTables = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': 'DynamoDB_20120810.ListTables',
  'x-amz-date': '20260101T000000Z',
  authorization: 'AWS4-HMAC-SHA256 Credential=any, SignedHeaders=host, Signature=any',
};

const isIterator = (resource: unknown) =>
  [AbstractIterator, AbstractKeyIterator, AbstractValueIterator].some((kind) => resource instanceof kind);

/** Tracks the open iterators of LevelDB: each pins a snapshot and the table files that it reads. */
function trackOpenIterators() {
  const open = new Set<unknown>();
  const { attachResource, detachResource } = AbstractLevel.prototype;
  jest.spyOn(AbstractLevel.prototype, 'attachResource').mockImplementation(function (
    this: typeof AbstractLevel.prototype,
    resource,
  ) {
    if (isIterator(resource)) open.add(resource);
    attachResource.call(this, resource);
  });
  jest.spyOn(AbstractLevel.prototype, 'detachResource').mockImplementation(function (
    this: typeof AbstractLevel.prototype,
    resource,
  ) {
    open.delete(resource);
    detachResource.call(this, resource);
  });
  return open;
}

describe('the DynamoDB emulator', () => {
  const key = 'a-random-key';
  let folder: string;
  let emulator: DynamoDbEmulator;
  let client: DynamoDBClient;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dynamodb-'));
    emulator = await startDynamoDbEmulator({ path: folder, host: '127.0.0.1', port: 0, key, hostnames: ['127.0.0.1'] });
    client = new DynamoDBClient({ endpoint: emulator.endpoint, region: 'us-east-1', credentials });
  });
  afterEach(async () => {
    client.destroy();
    await emulator.stop();
    rmSync(folder, { recursive: true });
    jest.restoreAllMocks();
  });

  async function createTable(): Promise<void> {
    const AttributeDefinitions = ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const }));
    const KeySchema = [
      { AttributeName: 'pk', KeyType: 'HASH' as const },
      { AttributeName: 'sk', KeyType: 'RANGE' as const },
    ];
    await client.send(
      new CreateTableCommand({ TableName: 'things', BillingMode: 'PAY_PER_REQUEST', AttributeDefinitions, KeySchema }),
    );
    for (const sk of ['1', '2', '3'])
      await client.send(new PutItemCommand({ TableName: 'things', Item: { pk: { S: 'a' }, sk: { S: sk } } }));
  }

  it('closes the iterator of each query and scan, also of one with a limit', async () => {
    await createTable();
    const open = trackOpenIterators();
    const query = {
      TableName: 'things',
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: 'a' } },
    };
    for (const Limit of [undefined, 1]) {
      expect((await client.send(new QueryCommand({ ...query, Limit }))).Count).toBe(Limit ?? 3);
      expect((await client.send(new ScanCommand({ TableName: 'things', Limit }))).Count).toBe(Limit ?? 3);
    }
    expect(jest.mocked(AbstractLevel.prototype.attachResource).mock.calls.length).toBeGreaterThanOrEqual(4);
    await eventually(
      () => Promise.resolve(open.size),
      (size) => size === 0,
    );
  });

  const send = (path: string, headers: OutgoingHttpHeaders, method = 'POST') =>
    new Promise<{ status: number; allowOrigin: string | undefined; body: string }>((resolve, reject) => {
      const { port } = new URL(emulator.endpoint);
      const sent = request(
        { host: '127.0.0.1', port, path, method, headers: { ...listTables, ...headers } },
        async (res) => {
          const body = Buffer.concat(await res.toArray()).toString();
          resolve({ status: res.statusCode!, allowOrigin: res.headers['access-control-allow-origin'], body });
        },
      );
      sent.once('error', reject);
      sent.end(method === 'POST' ? '{}' : undefined);
    });

  it('serves requests with the key', async () => {
    expect(await send(`/${key}/`, {})).toMatchObject({ status: 200, body: '{"TableNames":[]}' });
  });

  it.each([
    ['without the key', '/', {}, 'POST'],
    ['with another key', '/b-random-key/', {}, 'POST'],
    ['from a page of another origin', `/${key}/`, { origin: 'http://evil.example' }, 'POST'],
    [
      'as a preflight of a browser',
      `/${key}/`,
      { origin: 'http://evil.example', 'access-control-request-method': 'POST' },
      'OPTIONS',
    ],
    ['from a browser that sends no Origin', `/${key}/`, { 'sec-fetch-site': 'cross-site' }, 'GET'],
    ['under the name of another host (DNS rebinding)', `/${key}/`, { host: 'rebind.example' }, 'POST'],
  ])('rejects a request %s', async (_, path, headers, method) => {
    expect(await send(path, headers, method)).toMatchObject({ status: 403, allowOrigin: undefined });
  });
});
