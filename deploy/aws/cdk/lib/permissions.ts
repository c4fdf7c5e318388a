import { aws_iam as iam, Stack } from 'aws-cdk-lib';
import { tables, type TableName } from '../../../../libs/platform/dynamodb/tables';
import { TABLE_PREFIX, type Stores } from './stores';

export type Role = 'auth' | 'media' | 'notification' | 'worker';

const READ = ['GetItem', 'BatchGetItem', 'Query'];
const WRITE = ['PutItem', 'UpdateItem', 'DeleteItem'];

/** The operations of each role on the tables; with `Query` also on their indexes. See docs/operations.md. */
const onTables: Record<Role, Partial<Record<TableName, readonly string[]>>> = {
  auth: {
    users: [...READ, ...WRITE, 'Scan'],
    admin: [...READ, ...WRITE, 'Scan'],
    media: ['PutItem', 'UpdateItem', 'Query'],
  },
  media: {
    media: [...READ, ...WRITE, 'BatchWriteItem', 'Scan'],
    users: ['GetItem', 'BatchGetItem', 'UpdateItem'],
    webhooks: ['Query'],
    admin: ['GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem', 'Query'],
  },
  notification: {
    notifications: ['GetItem', ...WRITE, 'BatchWriteItem', 'Query', 'Scan'],
    webhooks: ['GetItem', ...WRITE, 'BatchWriteItem', 'Query', 'Scan'],
    media: ['GetItem', 'UpdateItem'],
    users: ['GetItem', 'UpdateItem'],
    admin: ['PutItem', 'DeleteItem'],
  },
  worker: {
    media: [...READ, ...WRITE, 'BatchWriteItem', 'Scan'],
    admin: ['GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem', 'Query'],
  },
};

/** Of the analysers of AWS (docs/analysis.md): these operations know no resources. */
const ANALYSERS = [
  ...['DetectLabels', 'DetectModerationLabels', 'DetectText'].map((operation) => `rekognition:${operation}`),
  ...['Start', 'Get', 'Delete'].map((verb) => `transcribe:${verb}TranscriptionJob`),
  ...['DetectDominantLanguage', 'DetectSentiment', 'DetectKeyPhrases'].map((operation) => `comprehend:${operation}`),
];

const hasIndexes = (table: TableName) => 'local' in tables[table] || 'global' in tables[table];

const allow = (actions: readonly string[], ...resources: string[]) =>
  new iam.PolicyStatement({ actions: [...actions], resources });

/** Returns what a role may do: each operation that its service calls, on what it calls it, and nothing else. */
export function permissionsOf(role: Role, stores: Stores, hasAwsAnalysers: boolean): iam.PolicyStatement[] {
  const { bucket, events, alerts } = stores;
  const arn = (table: string) =>
    Stack.of(bucket).formatArn({ service: 'dynamodb', resource: 'table', resourceName: `${TABLE_PREFIX}${table}` });
  const storesFiles = role === 'media' || role === 'worker';
  return [
    allow(['dynamodb:DescribeTable'], ...Object.keys(tables).map(arn)),
    allow(['dynamodb:GetItem'], arn('admin')),
    allow(['dynamodb:Query'], `${arn('media')}/index/outbox`, `${arn('users')}/index/outbox`),
    allow(['sns:GetTopicAttributes'], alerts.topicArn),
    allow(['s3:PutObject'], bucket.arnForObjects('health/check')),
    ...Object.entries(onTables[role]).map(([table, operations]) =>
      allow(
        operations.map((operation) => `dynamodb:${operation}`),
        arn(table),
        ...(operations.includes('Query') && hasIndexes(table as TableName) ? [`${arn(table)}/index/*`] : []),
      ),
    ),
    ...(storesFiles ? filePermissions(stores) : []),
    ...(role === 'media'
      ? [allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'], events.queueArn)]
      : []),
    ...(role === 'notification' ? [allow(['sns:Publish'], alerts.topicArn)] : []),
    ...(role === 'worker' && hasAwsAnalysers ? [allow(ANALYSERS, '*')] : []),
  ];
}

const filePermissions = ({ bucket }: Stores) => [
  allow(['s3:ListBucket'], bucket.bucketArn),
  allow(
    ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
    bucket.arnForObjects('*'),
  ),
];
