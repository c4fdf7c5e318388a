import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message,
} from '@aws-sdk/client-sqs';
import { Logger } from '@nestjs/common';
import { z } from 'zod';

const BATCH = 10;
const POLL_SECONDS = 20;
/** How long others do not receive a message that is being handled; extended while that takes longer. */
const HIDDEN_SECONDS = 60;
/** Each attempt while a dependency is unavailable would only bring messages closer to the dead-letter queue. */
const MAX_PAUSE_MS = 60_000;
const FIRST_PAUSE_MS = 2_000;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
const notification = z.object({
  Records: z.array(z.object({ eventName: z.string(), s3: z.object({ object: z.object({ key: z.string() }) }) })),
});
/** What S3 sends when notifications are configured. */
const testEvent = z.object({ Event: z.literal('s3:TestEvent') });

/** The events of a bucket, which S3 sends to an SQS queue at least once and in any order. */
export class BucketEvents {
  private readonly logger = new Logger(BucketEvents.name);
  private pauseMs = 0;

  constructor(
    private readonly queueUrl: string,
    private readonly client: SQSClient,
  ) {}

  static connect({ queueUrl, region }: { queueUrl: string; region: string }): BucketEvents {
    const requestHandler = { connectionTimeout: 2_000, requestTimeout: (POLL_SECONDS + 5) * 1_000 };
    // As for the other services, AWS_ENDPOINT_URL takes precedence; a queue of S3 is in the region of its bucket.
    const client = new SQSClient({ region, maxAttempts: 2, requestHandler, useQueueUrlAsEndpoint: false });
    return new BucketEvents(queueUrl, client);
  }

  /**
   * Calls `handle` with the key of each object that was created, until `signal` aborts. A message is deleted once its
   * keys are handled; when `handle` rejects it is received again, after a pause that grows.
   */
  async consume(handle: (key: string) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.pauseMs, undefined, { signal }).catch(() => {});
      const messages = await this.receive(signal);
      const outcomes = await Promise.all(messages.map((message) => this.process(message, handle)));
      const failed = messages.length > 0 && outcomes.includes(false);
      if (failed) this.slowDown();
      else if (messages.length > 0) this.pauseMs = 0;
    }
    this.client.destroy();
  }

  private async receive(signal: AbortSignal): Promise<Message[]> {
    const request = new ReceiveMessageCommand({
      QueueUrl: this.queueUrl,
      MaxNumberOfMessages: BATCH,
      WaitTimeSeconds: POLL_SECONDS,
      VisibilityTimeout: HIDDEN_SECONDS,
    });
    try {
      return (await this.client.send(request, { abortSignal: signal })).Messages ?? [];
    } catch (err) {
      if (!signal.aborted) {
        this.logger.warn({ err, msg: 'the queue of bucket events is unavailable; retrying' });
        this.slowDown();
      }
      return [];
    }
  }

  /** @returns false when it has to be received again */
  private async process({ Body = '', ReceiptHandle }: Message, handle: (key: string) => Promise<void>) {
    const message = { QueueUrl: this.queueUrl, ReceiptHandle };
    const extend = () =>
      this.client
        .send(new ChangeMessageVisibilityCommand({ ...message, VisibilityTimeout: HIDDEN_SECONDS }))
        .catch(() => {}); // another consumer may receive it then: handling it twice is harmless
    const timer = setInterval(extend, (HIDDEN_SECONDS * 1_000) / 2);
    try {
      for (const key of createdKeys(Body)) await handle(key);
      await this.client.send(new DeleteMessageCommand(message));
      return true;
    } catch (err) {
      this.logger.warn({ err, msg: 'a bucket event was not handled and will be received again' });
      return false;
    } finally {
      clearInterval(timer);
    }
  }

  private slowDown(): void {
    this.pauseMs = Math.min(Math.max(this.pauseMs * 2, FIRST_PAUSE_MS), MAX_PAUSE_MS);
  }
}

/**
 * Returns the keys of created objects; none for events of other kinds.
 * @throws when the body is no event of S3: the message ends in the dead-letter queue
 */
function createdKeys(body: string): string[] {
  const parsed = z.union([notification, testEvent]).parse(JSON.parse(body));
  if (!('Records' in parsed)) return [];
  return parsed.Records.filter(({ eventName }) => eventName.startsWith('ObjectCreated:')).map(({ s3 }) =>
    decodeURIComponent(s3.object.key.replaceAll('+', ' ')),
  );
}
