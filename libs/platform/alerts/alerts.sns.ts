import { createHash } from 'node:crypto';
import { GetTopicAttributesCommand, PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Alert } from '#contracts';
import { DependencyUnavailableError } from '../errors';
import { alertAttributes, type Alerts } from './alerts';

/** For all attempts together, including connecting. */
const DEADLINE_MS = 5_000;

/**
 * The topic on SNS. Subscribers filter by MessageAttributes. A FIFO topic (`.fifo`) delivers the alerts of a user in
 * order and deduplicates repeats.
 */
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
    await orUnavailable(this.client.send(message, { abortSignal: AbortSignal.timeout(DEADLINE_MS) }));
  }

  async check(): Promise<void> {
    const request = new GetTopicAttributesCommand({ TopicArn: this.topicArn });
    await orUnavailable(this.client.send(request, { abortSignal: AbortSignal.timeout(DEADLINE_MS) }));
  }
}

/**
 * An error response (no such topic, no permission) counts as an outage too: the alert is retried until an operator has
 * fixed the configuration.
 */
async function orUnavailable(response: Promise<unknown>): Promise<void> {
  try {
    await response;
  } catch (error) {
    throw new DependencyUnavailableError('alerts', error);
  }
}

/** Event ids may be longer than the 128 characters that SNS allows for a MessageDeduplicationId. */
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
