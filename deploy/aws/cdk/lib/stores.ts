import { aws_iam as iam, aws_s3 as s3, aws_sns as sns, aws_sqs as sqs, CfnResource, Duration } from 'aws-cdk-lib';
import { CfnDeletionPolicy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { createTableInput, tables, tablesWithTtl, type TableName } from '../../../../libs/platform/dynamodb/tables';

export const TABLE_PREFIX = 'snapstream-';
/** As `npm run setup:aws` does, for uploads whose creation response was lost. */
const UNFINISHED = Duration.days(7);

/** What holds the data of people: kept when the stack is deleted. */
export interface Stores {
  bucket: s3.Bucket;
  /** Events of the bucket. */
  events: sqs.Queue;
  undelivered: sqs.Queue;
  /** Alerts of the product about media. */
  alerts: sns.Topic;
}

export function createStores(scope: Construct, domain: string): Stores {
  for (const table of Object.keys(tables) as TableName[]) createTable(scope, table);
  const undelivered = new sqs.Queue(scope, 'Undelivered', { enforceSSL: true, retentionPeriod: Duration.days(14) });
  const events = new sqs.Queue(scope, 'BucketEvents', {
    enforceSSL: true,
    visibilityTimeout: Duration.minutes(2),
    deadLetterQueue: { queue: undelivered, maxReceiveCount: 5 },
  });
  const bucket = createBucket(scope, domain);
  sendEvents(bucket, events);
  return { bucket, events, undelivered, alerts: new sns.Topic(scope, 'Alerts', { enforceSSL: true }) };
}

/** The input of CreateTable has the form of the resource, so that this is the table that `setup:aws` creates. */
function createTable(scope: Construct, name: TableName): void {
  const table = new CfnResource(scope, `Table-${name}`, {
    type: 'AWS::DynamoDB::Table',
    properties: {
      ...createTableInput(`${TABLE_PREFIX}${name}`, tables[name]),
      ...(tablesWithTtl.has(name) && { TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true } }),
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
    },
  });
  table.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN;
  table.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
}

const createBucket = (scope: Construct, domain: string) =>
  new s3.Bucket(scope, 'Bucket', {
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    encryption: s3.BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    removalPolicy: RemovalPolicy.RETAIN,
    cors: [
      {
        id: 'snapstream-direct-uploads',
        allowedOrigins: [`https://${domain}`],
        allowedMethods: [s3.HttpMethods.PUT],
        allowedHeaders: ['*'],
        exposedHeaders: ['ETag'],
        maxAge: 3_600,
      },
    ],
    lifecycleRules: [
      { id: 'unfinished-uploads', abortIncompleteMultipartUploadAfter: UNFINISHED },
      { id: 'direct-uploads', prefix: 'incoming/', expiration: UNFINISHED },
      {
        id: 'rarely-read',
        prefix: 'originals/',
        transitions: [{ storageClass: s3.StorageClass.INTELLIGENT_TIERING, transitionAfter: Duration.days(30) }],
      },
    ],
  });

/**
 * Not by `addEventNotification`, which deploys a Lambda function. The condition names the account: with the ARN of the
 * bucket, bucket and policy would depend on each other.
 */
function sendEvents(bucket: s3.Bucket, queue: sqs.Queue): void {
  queue.addToResourcePolicy(
    new iam.PolicyStatement({
      actions: ['sqs:SendMessage'],
      principals: [new iam.ServicePrincipal('s3.amazonaws.com')],
      resources: [queue.queueArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(bucket).account } },
    }),
  );
  const resource = bucket.node.defaultChild as s3.CfnBucket;
  resource.notificationConfiguration = {
    queueConfigurations: ['incoming/', 'inbox/'].map((value) => ({
      event: 's3:ObjectCreated:*',
      queue: queue.queueArn,
      filter: { s3Key: { rules: [{ name: 'prefix', value }] } },
    })),
  };
  resource.node.addDependency(queue.node.findChild('Policy'));
}
