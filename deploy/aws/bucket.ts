import { CreateBucketCommand, HeadBucketCommand, type BucketLocationConstraint, type S3Client } from '@aws-sdk/client-s3';
import { ask, SetupError } from './ask';

/** Makes or checks the bucket of the files. @returns what was done, in a few words. @throws {SetupError} */
export async function setUpBucket(client: S3Client, bucket: string, region: string): Promise<string> {
  const arn = `arn:aws:s3:::${bucket}`;
  if (await exists(client, bucket, arn)) return 'is there';
  // us-east-1 is where a bucket is made when no place is named, and refuses to be named
  const place = region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint } };
  try {
    await ask('s3:CreateBucket', arn, () => client.send(new CreateBucketCommand({ Bucket: bucket, ...place })));
  } catch (error) {
    if ((error as Error).name === 'BucketAlreadyExists') throw new SetupError(`S3_BUCKET: the name ${bucket} is another account's, choose another one`);
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
