import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import type { Config } from '#config';
import { tables, type TableName } from '#platform';
import { setUpBucket } from './bucket';
import { setUpTable } from './tables';
import { setUpTopic } from './topic';

interface Step {
  what: string;
  run: () => Promise<string>;
}

const requestHandler = { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true };

/** What the settings name at AWS: the tables (in AWS mode, or where an endpoint is set), the topic, the bucket. */
export function stepsOf(config: Config): Step[] {
  const { region, snsTopicArn, s3Bucket, dynamodbEndpoint, tablePrefix } = config;
  const [, partition = 'aws', , , account = '*'] = snsTopicArn?.split(':') ?? [];
  const dynamodb = new DynamoDBClient({
    region,
    requestHandler,
    ...(dynamodbEndpoint && { endpoint: dynamodbEndpoint }),
  });
  const place = { prefix: tablePrefix, arnPrefix: `arn:${partition}:dynamodb:${region}:${account}:table/` };
  const wantsTables = config.mode === 'aws' || dynamodbEndpoint !== null;
  return [
    ...(wantsTables ? Object.keys(tables) : []).map((table) => ({
      what: `table ${tablePrefix}${table}`,
      run: () => setUpTable(dynamodb, table as TableName, place),
    })),
    ...(snsTopicArn
      ? [
          {
            what: `topic ${snsTopicArn}`,
            run: () => setUpTopic(new SNSClient({ region, requestHandler }), snsTopicArn, region),
          },
        ]
      : []),
    ...(s3Bucket
      ? [
          {
            what: `bucket ${s3Bucket}`,
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
  ];
}

const DAY_SECONDS = 86_400;
/** Longer than a resumable upload may take. */
const unfinishedDays = ({ uploadExpirySeconds }: Config) =>
  Math.max(7, Math.ceil(uploadExpirySeconds / DAY_SECONDS) + 1);

/** Runs every step, also after one that failed, so that one run names all that is in the way. @returns whether all is set up. */
export async function setUp(steps: readonly Step[], say: (line: string) => void): Promise<boolean> {
  let isComplete = true;
  for (const { what, run } of steps) {
    try {
      say(`${what}: ${await run()}`);
    } catch (error) {
      isComplete = false;
      say(`${what}: ${(error as Error).message}`);
    }
  }
  return isComplete;
}
