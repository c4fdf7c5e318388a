import type { Alert } from '#contracts';

/** Whether alerts reach a subscriber. `detail`: a sentence that says what to do when they do not. */
export interface AlertsHealth {
  state: 'ok' | 'degraded';
  detail: string;
}

/** The topic of domain events. Delivery is at least once: a repeat has the same `id`. */
export interface Alerts {
  /** Resolves when the topic has accepted the alert. */
  publish(alert: Alert): Promise<void>;
  /** Rejects when the topic is unavailable. */
  check(): Promise<void>;
  /** Rejects when the topic is unavailable. */
  health(): Promise<AlertsHealth>;
}

/** Returns the attributes by which subscribers can filter without parsing the message (SNS MessageAttributes). */
export function alertAttributes(alert: Alert): Record<string, string> {
  return {
    eventType: alert.type,
    ...(alert.status && { status: alert.status }),
    ...(alert.kind && { kind: alert.kind }),
  };
}
