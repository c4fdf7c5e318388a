import { S3Client } from '@aws-sdk/client-s3';
import { S3Storage, type Storage } from '#platform';
import {
  createBucket,
  createTopic,
  startAws,
  startFaultProxy,
  subscribe,
  type TestSubscriber,
  type FaultProxy,
} from '#testing';

/** A topic behind a fault proxy, with a subscriber. */
export interface Topic {
  proxy: FaultProxy;
  subscriber: TestSubscriber;
  env: Record<string, string>;
  stop(): Promise<void>;
}

/** A bucket behind a fault proxy; `storage` bypasses the proxy. */
export interface Bucket {
  proxy: FaultProxy;
  storage: Storage;
  env: Record<string, string>;
  stop(): Promise<void>;
}

export async function startTopic(random: () => number): Promise<Topic> {
  const aws = await startAws();
  const arn = await createTopic(aws);
  const subscriber = await subscribe(aws, arn);
  const proxy = await startFaultProxy(aws.endpoint, random);
  const stop = async () => {
    await proxy.stop();
    subscriber.close();
    await aws.stop();
  };
  return { proxy, subscriber, env: { SNS_TOPIC_ARN: arn, AWS_ENDPOINT_URL_SNS: proxy.url }, stop };
}

export async function startBucket(workDir: string): Promise<Bucket> {
  const aws = await startAws();
  const name = await createBucket(aws);
  const client = new S3Client({ ...aws.client, forcePathStyle: true });
  const proxy = await startFaultProxy(aws.endpoint);
  const stop = async () => {
    await proxy.stop();
    client.destroy();
    await aws.stop();
  };
  return {
    proxy,
    storage: new S3Storage(name, client, workDir),
    env: { S3_BUCKET: name, AWS_ENDPOINT_URL_S3: proxy.url },
    stop,
  };
}
