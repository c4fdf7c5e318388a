import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { listParts } from './s3-parts';

export interface TestAws {
  /** For the constructor of any SDK client. */
  readonly client: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };
  readonly endpoint: string;
  /** Multipart uploads that were neither completed nor given up. */
  openUploads(): number;
  /** Of S3, as `GET /bucket/key`. */
  requests(): readonly string[];
  stop(): Promise<void>;
}

export interface ReceivedMessage {
  message: string;
  attributes: Record<string, string>;
}

/** SNS, SQS and S3 in memory on a free loopback port. */
export async function startAws(): Promise<TestAws> {
  const { buildApp } = await import('fauxqs'); // an ES module alone, and nothing that other tests should wait for
  const app = buildApp({ logger: false });
  const requests: string[] = [];
  const openUploads = listParts(app as never);
  app.addHook('onResponse', async (request) => void requests.push(`${request.method} ${request.url}`));
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    client: { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } },
    endpoint,
    openUploads,
    requests: () => requests,
    stop: () => app.close(),
  };
}

/** @returns its name. */
export async function createBucket(aws: TestAws, name = `bucket-${randomUUID()}`): Promise<string> {
  const s3 = new S3Client({ ...aws.client, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: name }));
  s3.destroy();
  return name;
}

/** @returns its ARN. A name that ends in `.fifo` makes a FIFO topic. */
export async function createTopic(aws: TestAws, name = `topic-${randomUUID()}`): Promise<string> {
  const sns = new SNSClient(aws.client);
  const { TopicArn } = await sns.send(
    new CreateTopicCommand({ Name: name, ...(name.endsWith('.fifo') && { Attributes: { FifoTopic: 'true' } }) }),
  );
  sns.destroy();
  return TopicArn!;
}

/** Subscribes a new SQS queue; `filterPolicy` as SNS takes it, over MessageAttributes. `receive` takes what comes off the queue. */
export async function subscribe(
  aws: TestAws,
  topicArn: string,
  filterPolicy?: Record<string, string[]>,
): Promise<TestSubscriber> {
  const sqs = new SQSClient(aws.client);
  const sns = new SNSClient(aws.client);
  const fifo = topicArn.endsWith('.fifo');
  const queue = await sqs.send(
    new CreateQueueCommand({
      QueueName: `queue-${randomUUID()}${fifo ? '.fifo' : ''}`,
      ...(fifo && { Attributes: { FifoQueue: 'true' } }),
    }),
  );
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queue.QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  await sns.send(
    new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'sqs',
      Endpoint: Attributes!.QueueArn,
      ...(filterPolicy && { Attributes: { FilterPolicy: JSON.stringify(filterPolicy) } }),
    }),
  );
  sns.destroy();
  return new TestSubscriber(sqs, queue.QueueUrl!);
}

interface Envelope {
  Message: string;
  MessageAttributes?: Record<string, { Value: string }>;
}

export class TestSubscriber {
  constructor(
    private readonly sqs: SQSClient,
    private readonly queueUrl: string,
  ) {}

  /** Waits for so many messages. @throws when they do not come in time. */
  async receive(count: number, timeoutMs = 5_000): Promise<ReceivedMessage[]> {
    const deadline = Date.now() + timeoutMs;
    const received: ReceivedMessage[] = [];
    while (received.length < count) {
      if (Date.now() > deadline)
        throw new Error(`Expected ${count} messages within ${timeoutMs} ms, but received ${received.length}`);
      received.push(...(await this.take(1)));
    }
    return received;
  }

  /** What is there now, without waiting for more. */
  async takeAll(): Promise<ReceivedMessage[]> {
    const received: ReceivedMessage[] = [];
    for (;;) {
      const taken = await this.take(0);
      if (taken.length === 0) return received;
      received.push(...taken);
    }
  }

  close(): void {
    this.sqs.destroy();
  }

  private async take(WaitTimeSeconds: number): Promise<ReceivedMessage[]> {
    const { Messages = [] } = await this.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: this.queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds }),
    );
    await Promise.all(
      Messages.map(({ ReceiptHandle }) =>
        this.sqs.send(new DeleteMessageCommand({ QueueUrl: this.queueUrl, ReceiptHandle })),
      ),
    );
    return Messages.map(({ Body }) => {
      const { Message, MessageAttributes = {} } = JSON.parse(Body!) as Envelope;
      return {
        message: Message,
        attributes: Object.fromEntries(Object.entries(MessageAttributes).map(([name, { Value }]) => [name, Value])),
      };
    });
  }
}
