import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { startAws, startDynamoDb, type TestAws } from '#testing';
import { setUpBucket, setUpCors } from './bucket';
import { setUp } from './steps';
import { setUpTable } from './tables';
import { setUpTopic } from './topic';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const location = { prefix: 'test-', arnPrefix: 'arn:aws:dynamodb:us-east-1:000000000000:table/' };

describe('setting up AWS', () => {
  const stops: Array<() => Promise<void> | void> = [];
  let aws: TestAws;
  let dynamodb: DynamoDBClient;
  let sns: SNSClient;
  let s3: S3Client;

  beforeAll(async () => {
    aws = await startAws();
    const emulator = await startDynamoDb();
    dynamodb = new DynamoDBClient({ ...aws.client, endpoint: emulator.endpoint });
    sns = new SNSClient(aws.client);
    s3 = new S3Client({ ...aws.client, forcePathStyle: true });
    stops.push(
      () => aws.stop(),
      () => emulator.stop(),
    );
  });

  afterAll(async () => {
    for (const client of [dynamodb, sns, s3]) client.destroy();
    for (const stop of stops) await stop();
  });

  it('creates the tables once', async () => {
    expect(await setUpTable(dynamodb, 'users', location)).toBe('created');
    expect(await setUpTable(dynamodb, 'users', location)).toBe('exists');
    expect(await setUpTable(dynamodb, 'media', location)).toBe('created, without TTL (not supported by this emulator)');
    expect(await setUpTable(dynamodb, 'media', location)).toMatch(/^exists, /);
  });

  it('rejects an existing table with other keys or indexes', async () => {
    const name = 'strange-media';
    const AttributeDefinitions = [{ AttributeName: 'id', AttributeType: 'S' as const }];
    await dynamodb.send(
      new CreateTableCommand({
        TableName: name,
        AttributeDefinitions,
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    await expect(setUpTable(dynamodb, 'media', { ...location, prefix: 'strange-' })).rejects.toThrow(
      'other keys or indexes: (id) instead of (userId, id)',
    );
  });

  it('creates the topic once, also a FIFO topic', async () => {
    for (const name of ['alerts', 'alerts.fifo']) {
      const arn = `arn:aws:sns:us-east-1:000000000000:${name}`;
      expect(await setUpTopic(sns, arn, 'us-east-1')).toBe('created');
      expect(await setUpTopic(sns, arn, 'us-east-1')).toBe('exists');
    }
  });

  it.each([
    ['snapstream-alerts', /not the ARN of a topic/],
    ['arn:aws:sns:eu-central-1:000000000000:alerts', /region eu-central-1, AWS_REGION is us-east-1/],
    ['arn:aws:sns:us-east-1:123456789012:alerts', /another account/],
  ])('rejects the topic %s', async (arn, message) => {
    await expect(setUpTopic(sns, arn, 'us-east-1')).rejects.toThrow(message);
  });

  it.each(['us-east-1', 'eu-central-1'])('creates the bucket once, in %s', async (region) => {
    expect(await setUpBucket(s3, `files-${region}`, region, 7)).toBe(
      'created, incomplete uploads are aborted after 7 days',
    );
    expect(await setUpBucket(s3, `files-${region}`, region, 7)).toBe('exists');
  });

  it('keeps the existing lifecycle rules of a bucket', async () => {
    const rule = { ID: 'logs', Status: 'Enabled' as const, Filter: { Prefix: 'logs/' }, Expiration: { Days: 30 } };
    await s3.send(new CreateBucketCommand({ Bucket: 'ruled' }));
    await s3.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket: 'ruled', LifecycleConfiguration: { Rules: [rule] } }),
    );
    expect(await setUpBucket(s3, 'ruled', 'us-east-1', 9)).toBe('exists, incomplete uploads are aborted after 9 days');
    const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'ruled' }));
    expect(Rules).toMatchObject([rule, { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 9 } }]);
  });

  it('lets the pages send direct uploads, and keeps other CORS rules', async () => {
    await s3.send(new CreateBucketCommand({ Bucket: 'direct' }));
    for (const origin of ['https://a.example', 'https://b.example'])
      expect(await setUpCors(s3, 'direct', origin)).toBe(`${origin} may send uploads from now on`);
    expect(await setUpCors(s3, 'direct', 'https://a.example')).toBe('https://a.example may send uploads');
    const { CORSRules } = await s3.send(new GetBucketCorsCommand({ Bucket: 'direct' }));
    expect(CORSRules?.flatMap(({ AllowedOrigins }) => AllowedOrigins)).toEqual([
      'https://a.example',
      'https://b.example',
    ]);
  });

  it('names each missing permission, and continues with the other steps', async () => {
    const denying = await startDenyingServer();
    stops.push(denying.stop);
    const [deniedDynamodb, deniedSns, deniedS3] = [DynamoDBClient, SNSClient, S3Client].map(
      (Client) => new Client({ endpoint: denying.endpoint, region: 'us-east-1', credentials }),
    ) as [DynamoDBClient, SNSClient, S3Client];
    const output: string[] = [];
    const isComplete = await setUp(
      [
        { name: 'table', run: () => setUpTable(deniedDynamodb, 'users', location) },
        { name: 'topic', run: () => setUpTopic(deniedSns, 'arn:aws:sns:us-east-1:000000000000:denied', 'us-east-1') },
        { name: 'bucket', run: () => setUpBucket(deniedS3, 'denied', 'us-east-1', 7) },
        { name: 'other table', run: () => setUpTable(dynamodb, 'users', { ...location, prefix: 'rest-' }) },
      ],
      (line) => output.push(line),
    );
    expect(isComplete).toBe(false);
    const tableArn = 'arn:aws:dynamodb:us-east-1:000000000000:table/test-users';
    expect(output).toEqual([
      `table: The permission dynamodb:CreateTable on ${tableArn} is missing`,
      'topic: The permission sns:GetTopicAttributes on arn:aws:sns:us-east-1:000000000000:denied is missing',
      'bucket: The permission s3:ListBucket on arn:aws:s3:::denied is missing',
      'other table: created',
    ]);
  });
});

/** Responds as AWS does to credentials that may only describe tables. */
async function startDenyingServer(): Promise<{ endpoint: string; stop: () => void }> {
  const server = createServer((req, res) => {
    const operation = String(req.headers['x-amz-target'] ?? '').split('.')[1];
    if (operation === 'DescribeTable')
      return void res
        .writeHead(400, { 'content-type': 'application/x-amz-json-1.0' })
        .end('{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"}');
    if (operation)
      return void res
        .writeHead(400, { 'content-type': 'application/x-amz-json-1.0' })
        .end('{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"not authorized"}');
    if (req.method === 'HEAD') return void res.writeHead(403).end();
    res
      .writeHead(403, { 'content-type': 'text/xml' })
      .end(
        '<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code>' +
          '<Message>not authorized</Message></Error></ErrorResponse>',
      );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => void server.close() };
}
