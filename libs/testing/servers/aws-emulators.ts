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
import { allowByCors } from './s3-cors';
import { emitEvents } from './s3-events';
import { listParts } from './s3-parts';
import { refuseAsS3 } from './s3-refusals';

export interface TestAws {
  /** Options for the constructor of any SDK client. */
  readonly client: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };
  readonly endpoint: string;
  /** Sends the events of all buckets to an SQS queue from now on. */
  sendEventsTo(queueUrl: string): void;
  /** Returns the number of multipart uploads that were neither completed nor aborted. */
  openUploads(): number;
  /** All requests so far, e.g. `GET /bucket/key`. */
  requests(): readonly string[];
  stop(): Promise<void>;
}

export interface ReceivedMessage {
  message: string;
  attributes: Record<string, string>;
}

/** Starts an in-memory emulator of SNS, SQS and S3 on a free loopback port. */
export async function startAws(): Promise<TestAws> {
  const { buildApp } = await import('fauxqs'); // ESM only, and other tests should not wait for it
  const app = buildApp({ logger: false });
  const requests: string[] = [];
  const openUploads = listParts(app as never);
  allowByCors(app as never);
  refuseAsS3(app as never);
  const sendEventsTo = emitEvents(app as never);
  app.addHook('onResponse', async (request) => void requests.push(`${request.method} ${request.url}`));
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 });
  const client = { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  return {
    client,
    endpoint,
    sendEventsTo: (queueUrl) => sendEventsTo(client, queueUrl),
    openUploads,
    requests: () => requests,
    stop: () => app.close(),
  };
}

/** @returns the name of the bucket */
export async function createBucket(aws: TestAws, name = `bucket-${randomUUID()}`): Promise<string> {
  const s3 = new S3Client({ ...aws.client, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: name }));
  s3.destroy();
  return name;
}

/** Creates a FIFO topic if the name ends in `.fifo`. @returns its ARN */
export async function createTopic(aws: TestAws, name = `topic-${randomUUID()}`): Promise<string> {
  const sns = new SNSClient(aws.client);
  const { TopicArn } = await sns.send(
    new CreateTopicCommand({ Name: name, ...(name.endsWith('.fifo') && { Attributes: { FifoTopic: 'true' } }) }),
  );
  sns.destroy();
  return TopicArn!;
}

/** Subscribes a new SQS queue to a topic. `filterPolicy` is an SNS filter policy over MessageAttributes. */
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

  /** Waits for `count` messages. @throws {Error} when they do not arrive in time */
  async receive(count: number, timeoutMs = 5_000): Promise<ReceivedMessage[]> {
    const deadline = Date.now() + timeoutMs;
    const received: ReceivedMessage[] = [];
    while (received.length < count) {
      if (Date.now() > deadline)
        throw new Error(`Expected ${count} messages within ${timeoutMs} ms, but received ${received.length}`);
      received.push(...(await this.receiveBatch(1)));
    }
    return received;
  }

  /** Receives and deletes the messages available now, without waiting for more. */
  async receiveAll(): Promise<ReceivedMessage[]> {
    const received: ReceivedMessage[] = [];
    for (;;) {
      const batch = await this.receiveBatch(0);
      if (batch.length === 0) return received;
      received.push(...batch);
    }
  }

  close(): void {
    this.sqs.destroy();
  }

  private async receiveBatch(WaitTimeSeconds: number): Promise<ReceivedMessage[]> {
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
