import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  GetBucketLifecycleConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { startAws, startDynamoDb, type TestAws } from '#testing';
import { setUpBucket } from './bucket';
import { setUp } from './steps';
import { setUpTable } from './tables';
import { setUpTopic } from './topic';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const place = { prefix: 'test-', arnPrefix: 'arn:aws:dynamodb:us-east-1:000000000000:table/' };

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

  it('makes the tables once and finds them the next time', async () => {
    expect(await setUpTable(dynamodb, 'users', place)).toBe('made');
    expect(await setUpTable(dynamodb, 'users', place)).toBe('is there');
    expect(await setUpTable(dynamodb, 'media', place)).toBe('made, items do not expire (this emulator knows no TTL)');
    expect(await setUpTable(dynamodb, 'media', place)).toMatch(/^is there, /);
  });

  it('does not take a table of another shape for its own', async () => {
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
    await expect(setUpTable(dynamodb, 'media', { ...place, prefix: 'strange-' })).rejects.toThrow(
      'other keys or indexes: (id) instead of (userId, id)',
    );
  });

  it('makes the topic once and finds it the next time, a FIFO topic too', async () => {
    for (const name of ['alerts', 'alerts.fifo']) {
      const arn = `arn:aws:sns:us-east-1:000000000000:${name}`;
      expect(await setUpTopic(sns, arn, 'us-east-1')).toBe('made');
      expect(await setUpTopic(sns, arn, 'us-east-1')).toBe('is there');
    }
  });

  it.each([
    ['snapstream-alerts', /no ARN of a topic/],
    ['arn:aws:sns:eu-central-1:000000000000:alerts', /region eu-central-1, AWS_REGION is us-east-1/],
    ['arn:aws:sns:us-east-1:123456789012:alerts', /another account/],
  ])('refuses the topic %s', async (arn, why) => {
    await expect(setUpTopic(sns, arn, 'us-east-1')).rejects.toThrow(why);
  });

  it.each(['us-east-1', 'eu-central-1'])('makes the bucket once and finds it the next time, in %s', async (region) => {
    expect(await setUpBucket(s3, `files-${region}`, region, 7)).toBe('made, unfinished uploads go after 7 days');
    expect(await setUpBucket(s3, `files-${region}`, region, 7)).toBe('is there');
  });

  it('keeps the rules that a bucket has already', async () => {
    const rule = { ID: 'logs', Status: 'Enabled' as const, Filter: { Prefix: 'logs/' }, Expiration: { Days: 30 } };
    await s3.send(new CreateBucketCommand({ Bucket: 'ruled' }));
    await s3.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket: 'ruled', LifecycleConfiguration: { Rules: [rule] } }),
    );
    expect(await setUpBucket(s3, 'ruled', 'us-east-1', 9)).toBe('is there, unfinished uploads go after 9 days');
    const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'ruled' }));
    expect(Rules).toMatchObject([rule, { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 9 } }]);
  });

  it('names the permission that is missing, and goes on with the rest', async () => {
    const refusing = await startRefusing();
    stops.push(refusing.stop);
    const [deniedDynamodb, deniedSns, deniedS3] = [DynamoDBClient, SNSClient, S3Client].map(
      (Client) => new Client({ endpoint: refusing.endpoint, region: 'us-east-1', credentials }),
    ) as [DynamoDBClient, SNSClient, S3Client];
    const said: string[] = [];
    const isComplete = await setUp(
      [
        { what: 'table', run: () => setUpTable(deniedDynamodb, 'users', place) },
        { what: 'topic', run: () => setUpTopic(deniedSns, 'arn:aws:sns:us-east-1:000000000000:denied', 'us-east-1') },
        { what: 'bucket', run: () => setUpBucket(deniedS3, 'denied', 'us-east-1', 7) },
        { what: 'other table', run: () => setUpTable(dynamodb, 'users', { ...place, prefix: 'rest-' }) },
      ],
      (line) => said.push(line),
    );
    expect(isComplete).toBe(false);
    expect(said).toEqual([
      'table: The permission dynamodb:CreateTable on arn:aws:dynamodb:us-east-1:000000000000:table/test-users is missing',
      'topic: The permission sns:GetTopicAttributes on arn:aws:sns:us-east-1:000000000000:denied is missing',
      'bucket: The permission s3:ListBucket on arn:aws:s3:::denied is missing',
      'other table: made',
    ]);
  });
});

/** Answers as AWS does to someone who may look at tables and do nothing else. */
async function startRefusing(): Promise<{ endpoint: string; stop: () => void }> {
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
        '<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>not authorized</Message></Error></ErrorResponse>',
      );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => void server.close() };
}
