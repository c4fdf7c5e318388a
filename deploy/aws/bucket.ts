import {
  CreateBucketCommand,
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  HeadBucketCommand,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  type BucketLocationConstraint,
  type CORSRule,
  type LifecycleRule,
  type S3Client,
} from '@aws-sdk/client-s3';
import { OperatorError } from '#config';
import { callAws } from './call-aws';

const RULE_ID = 'snapstream-unfinished-uploads';

/**
 * Creates or checks the bucket of the files, and adds a lifecycle rule that aborts multipart uploads which are not
 * complete after `unfinishedDays`: one whose creation response was lost has an id that is recorded nowhere else.
 * @returns the outcome as text
 * @throws {OperatorError}
 */
export async function setUpBucket(
  client: S3Client,
  bucket: string,
  region: string,
  unfinishedDays: number,
): Promise<string> {
  const arn = `arn:aws:s3:::${bucket}`;
  const outcome = (await exists(client, bucket, arn)) ? 'exists' : await createBucket(client, bucket, arn, region);
  const rules = await lifecycleOf(client, bucket, arn);
  if (rules.some(abortsIncompleteUploads)) return outcome;
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
  await callAws('s3:PutLifecycleConfiguration', arn, () => client.send(request));
  return `${outcome}, incomplete uploads are aborted after ${unfinishedDays} days`;
}

const abortsIncompleteUploads = ({ Status, AbortIncompleteMultipartUpload: abort }: LifecycleRule) =>
  Status === 'Enabled' && abort !== undefined;

async function createBucket(client: S3Client, bucket: string, arn: string, region: string): Promise<string> {
  // us-east-1 is the default, and must not be given as a LocationConstraint
  const location =
    region === 'us-east-1'
      ? {}
      : { CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint } };
  try {
    await callAws('s3:CreateBucket', arn, () => client.send(new CreateBucketCommand({ Bucket: bucket, ...location })));
  } catch (error) {
    if ((error as Error).name === 'BucketAlreadyExists')
      throw new OperatorError(`S3_BUCKET: the name ${bucket} belongs to another account; choose another one`);
    throw error;
  }
  return 'created';
}

async function exists(client: S3Client, Bucket: string, arn: string): Promise<boolean> {
  try {
    await callAws('s3:ListBucket', arn, () => client.send(new HeadBucketCommand({ Bucket })));
    return true;
  } catch (error) {
    if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404) return false;
    throw error;
  }
}

async function lifecycleOf(client: S3Client, Bucket: string, arn: string): Promise<LifecycleRule[]> {
  try {
    const { Rules = [] } = await callAws('s3:GetLifecycleConfiguration', arn, () =>
      client.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
    );
    return Rules;
  } catch (error) {
    if ((error as Error).name === 'NoSuchLifecycleConfiguration') return [];
    throw error;
  }
}

/**
 * Lets the pages at `origin` send direct uploads to the bucket; keeps its other rules.
 * @returns the outcome as text
 * @throws {OperatorError}
 */
export async function setUpCors(client: S3Client, bucket: string, origin: string): Promise<string> {
  const arn = `arn:aws:s3:::${bucket}`;
  const rules = await corsOf(client, bucket, arn);
  if (rules.some((rule) => rule.AllowedOrigins?.includes(origin) && rule.AllowedMethods?.includes('PUT')))
    return `${origin} may send uploads`;
  const rule: CORSRule = {
    ID: 'snapstream-direct-uploads',
    AllowedOrigins: [origin],
    AllowedMethods: ['PUT'],
    AllowedHeaders: ['*'],
    ExposeHeaders: ['ETag'],
    MaxAgeSeconds: 3_600,
  };
  const request = new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules: [...rules, rule] } });
  await callAws('s3:PutBucketCORS', arn, () => client.send(request));
  return `${origin} may send uploads from now on`;
}

async function corsOf(client: S3Client, Bucket: string, arn: string): Promise<CORSRule[]> {
  try {
    const { CORSRules = [] } = await callAws('s3:GetBucketCORS', arn, () =>
      client.send(new GetBucketCorsCommand({ Bucket })),
    );
    return CORSRules;
  } catch (error) {
    if ((error as Error).name === 'NoSuchCORSConfiguration') return [];
    throw error;
  }
}
