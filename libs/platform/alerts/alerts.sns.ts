import { createHash } from 'node:crypto';
import { GetTopicAttributesCommand, PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Alert } from '#contracts';
import { DependencyUnavailableError } from '../errors';
import { alertAttributes, type Alerts } from './alerts';

/** Over all attempts, connecting included. */
const DEADLINE_MS = 5_000;

/** The topic on SNS. Subscribers filter by MessageAttributes; a FIFO topic (`.fifo`) keeps each user's alerts in order, without repeats. */
export class SnsAlerts implements Alerts {
  constructor(
    private readonly topicArn: string,
    private readonly client: SNSClient,
  ) {}

  async publish(alert: Alert): Promise<void> {
    const attributes = Object.entries(alertAttributes(alert)).map(([name, StringValue]) => [
      name,
      { DataType: 'String', StringValue },
    ]);
    const message = new PublishCommand({
      TopicArn: this.topicArn,
      Message: JSON.stringify(alert),
      MessageAttributes: Object.fromEntries(attributes),
      ...(this.topicArn.endsWith('.fifo') && {
        MessageGroupId: alert.userId,
        MessageDeduplicationId: sha256(alert.id),
      }),
    });
    await available(this.client.send(message, { abortSignal: AbortSignal.timeout(DEADLINE_MS) }));
  }

  async check(): Promise<void> {
    const request = new GetTopicAttributesCommand({ TopicArn: this.topicArn });
    await available(this.client.send(request, { abortSignal: AbortSignal.timeout(DEADLINE_MS) }));
  }
}

/** A refusal (no such topic, no permission) is an outage as well: someone mends it, and the alert is published then. */
async function available(answer: Promise<unknown>): Promise<void> {
  try {
    await answer;
  } catch (error) {
    throw new DependencyUnavailableError('alerts', error);
  }
}

/** Event ids may be longer than the 128 characters a deduplication id may have. */
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
