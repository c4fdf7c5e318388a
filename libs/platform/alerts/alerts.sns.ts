import { createHash } from 'node:crypto';
import { GetTopicAttributesCommand, PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Alert } from '#contracts';
import { DependencyUnavailableError } from '../errors';
import { alertAttributes, type Alerts, type AlertsHealth } from './alerts';

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
    await this.attributes();
  }

  /** SNS sends nothing to a subscription before its owner has confirmed it, and reports no error for that. */
  async health(): Promise<AlertsHealth> {
    const { SubscriptionsConfirmed: confirmed = '0', SubscriptionsPending: pending = '0' } = await this.attributes();
    if (Number(pending) > 0)
      return {
        state: 'degraded',
        detail: `${pending} of the subscriptions wait for a confirmation: open the link that SNS has sent to them.`,
      };
    if (Number(confirmed) === 0)
      return { state: 'degraded', detail: 'The topic has no subscription, so alerts reach no one. Subscribe to it.' };
    return { state: 'ok', detail: `Subscriptions that receive alerts: ${confirmed}.` };
  }

  private async attributes(): Promise<Record<string, string>> {
    const request = new GetTopicAttributesCommand({ TopicArn: this.topicArn });
    const response = this.client.send(request, { abortSignal: AbortSignal.timeout(DEADLINE_MS) });
    return (await orUnavailable(response)).Attributes ?? {};
  }
}

/**
 * An error response (no such topic, no permission) counts as an outage too: the alert is retried until an operator has
 * fixed the configuration.
 */
async function orUnavailable<T>(response: Promise<T>): Promise<T> {
  try {
    return await response;
  } catch (error) {
    throw new DependencyUnavailableError('alerts', error);
  }
}

/** Event ids may be longer than the 128 characters that SNS allows for a MessageDeduplicationId. */
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
