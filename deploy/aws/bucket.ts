import {
  CreateBucketCommand,
  GetBucketLifecycleConfigurationCommand,
  HeadBucketCommand,
  PutBucketLifecycleConfigurationCommand,
  type BucketLocationConstraint,
  type LifecycleRule,
  type S3Client,
} from '@aws-sdk/client-s3';
import { ask, SetupError } from './ask';

const RULE_ID = 'snapstream-unfinished-uploads';

/**
 * Makes or checks the bucket of the files, and lets it give up multipart uploads that nobody finished within `unfinishedDays`: of one
 * whose beginning got no answer nobody else knows. @returns what was done, in a few words. @throws {SetupError}
 */
export async function setUpBucket(
  client: S3Client,
  bucket: string,
  region: string,
  unfinishedDays: number,
): Promise<string> {
  const arn = `arn:aws:s3:::${bucket}`;
  const done = (await exists(client, bucket, arn)) ? 'is there' : await make(client, bucket, arn, region);
  const rules = await lifecycleOf(client, bucket, arn);
  if (rules.some(givesUpUploads)) return done;
  const rule: LifecycleRule = {
    ID: RULE_ID,
    Status: 'Enabled',
    Filter: { Prefix: '' },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: unfinishedDays },
  };
  const request = new PutBucketLifecycleConfigurationCommand({
    Bucket: bucket,
    LifecycleConfiguration: { Rules: [...rules, rule] },
  });
  await ask('s3:PutLifecycleConfiguration', arn, () => client.send(request));
  return `${done}, unfinished uploads go after ${unfinishedDays} days`;
}

const givesUpUploads = ({ Status, AbortIncompleteMultipartUpload: abort }: LifecycleRule) =>
  Status === 'Enabled' && abort !== undefined;

async function make(client: S3Client, bucket: string, arn: string, region: string): Promise<string> {
  // us-east-1 is where a bucket is made when no place is named, and refuses to be named
  const place =
    region === 'us-east-1'
      ? {}
      : { CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint } };
  try {
    await ask('s3:CreateBucket', arn, () => client.send(new CreateBucketCommand({ Bucket: bucket, ...place })));
  } catch (error) {
    if ((error as Error).name === 'BucketAlreadyExists')
      throw new SetupError(`S3_BUCKET: the name ${bucket} is another account's, choose another one`);
    throw error;
  }
  return 'made';
}

async function exists(client: S3Client, Bucket: string, arn: string): Promise<boolean> {
  try {
    await ask('s3:ListBucket', arn, () => client.send(new HeadBucketCommand({ Bucket })));
    return true;
  } catch (error) {
    if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404) return false;
    throw error;
  }
}

async function lifecycleOf(client: S3Client, Bucket: string, arn: string): Promise<LifecycleRule[]> {
  try {
    const { Rules = [] } = await ask('s3:GetLifecycleConfiguration', arn, () =>
      client.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
    );
    return Rules;
  } catch (error) {
    if ((error as Error).name === 'NoSuchLifecycleConfiguration') return [];
    throw error;
  }
}
