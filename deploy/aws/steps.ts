import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import type { Config } from '#config';
import { tables, type TableName } from '#platform';
import { setUpBucket, setUpCors } from './bucket';
import { setUpTable } from './tables';
import { setUpTopic } from './topic';

interface Step {
  name: string;
  run: () => Promise<string>;
}

const requestHandler = { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true };

/** Returns a step for each AWS resource of the settings: tables (in AWS mode, or with an endpoint), topic, bucket. */
export function stepsOf(config: Config): Step[] {
  const { region, snsTopicArn, s3Bucket, dynamodbEndpoint, tablePrefix, publicUrl, directUploadOrigin } = config;
  const [, partition = 'aws', , , account = '*'] = snsTopicArn?.split(':') ?? [];
  const dynamodb = new DynamoDBClient({
    region,
    requestHandler,
    ...(dynamodbEndpoint && { endpoint: dynamodbEndpoint }),
  });
  const location = { prefix: tablePrefix, arnPrefix: `arn:${partition}:dynamodb:${region}:${account}:table/` };
  const needsTables = config.mode === 'aws' || dynamodbEndpoint !== null;
  return [
    ...(needsTables ? Object.keys(tables) : []).map((table) => ({
      name: `table ${tablePrefix}${table}`,
      run: () => setUpTable(dynamodb, table as TableName, location),
    })),
    ...(snsTopicArn
      ? [
          {
            name: `topic ${snsTopicArn}`,
            run: () => setUpTopic(new SNSClient({ region, requestHandler }), snsTopicArn, region),
          },
        ]
      : []),
    ...(s3Bucket
      ? [
          {
            name: `bucket ${s3Bucket}`,
            run: () =>
              setUpBucket(
                new S3Client({ region, requestHandler, forcePathStyle: true }),
                s3Bucket,
                region,
                unfinishedDays(config),
              ),
          },
        ]
      : []),
    ...(s3Bucket && directUploadOrigin && publicUrl
      ? [
          {
            name: `direct uploads to ${s3Bucket}`,
            run: () =>
              setUpCors(
                new S3Client({ region, requestHandler, forcePathStyle: true }),
                s3Bucket,
                new URL(publicUrl).origin,
              ),
          },
        ]
      : []),
  ];
}

const DAY_SECONDS = 86_400;
/** Longer than a resumable upload may take. */
const unfinishedDays = ({ uploadExpirySeconds }: Config) =>
  Math.max(7, Math.ceil(uploadExpirySeconds / DAY_SECONDS) + 1);

/** Runs all steps, also after one that failed, so that a run reports every problem. @returns whether all succeeded. */
export async function setUp(steps: readonly Step[], say: (line: string) => void): Promise<boolean> {
  let isComplete = true;
  for (const { name, run } of steps) {
    try {
      say(`${name}: ${await run()}`);
    } catch (error) {
      isComplete = false;
      say(`${name}: ${(error as Error).message}`);
    }
  }
  return isComplete;
}
