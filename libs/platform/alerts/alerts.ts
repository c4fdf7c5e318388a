import type { Alert } from '#contracts';

/** The topic of domain events. At least once: a repeat carries the same `id`. */
export interface Alerts {
  /** Resolves when the topic has accepted the alert. */
  publish(alert: Alert): Promise<void>;
  /** Rejects when the topic can not be reached now. */
  check(): Promise<void>;
}

/** What a subscriber can filter by, without opening the message (SNS MessageAttributes). */
export function alertAttributes(alert: Alert): Record<string, string> {
  return {
    eventType: alert.type,
    ...(alert.status && { status: alert.status }),
    ...(alert.kind && { kind: alert.kind }),
  };
}
