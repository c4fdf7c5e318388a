import { z } from 'zod';
import { analyserNames, analysisProviders, analysisStatuses } from './analysis';
import { failureSchema, mediaKinds, mediaStatuses } from './media';

/**
 * Where events are delivered: `inApp` to the owner's pages and list of notifications, `alerts` to the alerts topic,
 * `mail` to a mailbox, `webhooks` to the addresses that the owner has entered.
 */
export const channels = ['inApp', 'alerts', 'mail', 'webhooks'] as const;
export type Channel = (typeof channels)[number];

/** Every domain event, with the channels that deliver it. */
export const eventChannels = {
  'user.registered': ['inApp', 'alerts', 'mail'],
  'user.logged_in': ['alerts'],
  'user.new_device': ['mail'],
  'user.password_reset_requested': ['mail'],
  'user.password_changed': ['mail'],
  /** A link goes to the address that is to be confirmed. */
  'user.email_confirmation_requested': ['mail'],
  /** The current address is notified that another one is to replace it. */
  'user.email_change_requested': ['mail'],
  /** The previous address is notified. */
  'user.email_changed': ['mail'],
  'user.deleted': ['mail'],
  'media.uploaded': ['inApp', 'alerts', 'webhooks'],
  'media.processing': ['inApp', 'alerts', 'webhooks'],
  'media.completed': ['inApp', 'alerts', 'mail', 'webhooks'],
  'media.failed': ['inApp', 'alerts', 'mail', 'webhooks'],
  /** An analysis of a medium ended: one for each run. */
  'media.analysed': ['inApp', 'alerts', 'webhooks'],
  /** Counted, but neither shown as a notification nor published. */
  'media.deleted': ['inApp'],
} as const satisfies Record<string, readonly Channel[]>;
export type EventType = keyof typeof eventChannels;
export const eventTypes = Object.keys(eventChannels) as [EventType, ...EventType[]];

/** The events that a channel delivers. */
export type EventTypeOf<C extends Channel> = {
  [T in EventType]: C extends (typeof eventChannels)[T][number] ? T : never;
}[EventType];

const alertTypes = eventTypes.filter((type): type is EventTypeOf<'alerts'> =>
  (eventChannels[type] as readonly Channel[]).includes('alerts'),
);

/** What a mail about an account says. It is stored with the event only until the mail is sent. */
export interface AccountMail {
  /** The address at the time of the event. */
  to: string;
  username: string;
  /** Scheme, host and port of the request, for links where PUBLIC_URL is not set; null: the event had no request. */
  origin: string | null;
  /** Where a request came from. */
  device?: { ip: string; userAgent: string };
  /** Random, for the token of a link: with the server's secret, which the table does not hold. */
  nonce?: string;
  /** The other address of a change. */
  otherEmail?: string;
}

/** An event of an account in the outbox. Those of media also carry what the counters need: see libs/media. */
export interface UserEvent {
  id: string;
  type: Extract<EventType, `user.${string}`>;
  /** ISO 8601 UTC. */
  occurredAt: string;
  userId: string;
  /** Set on events that the channel `mail` delivers. */
  mail?: AccountMail;
}

/** A domain event as subscribers of the alerts topic receive it, at least once: a repeat has the same `id`. */
export const alertSchema = z.object({
  id: z.string(),
  type: z.enum(alertTypes),
  occurredAt: z.iso.datetime(),
  userId: z.string(),
  mediaId: z.string().optional(),
  title: z.string().optional(),
  kind: z.enum(mediaKinds).optional(),
  /** Of the medium, or of the analysis. */
  status: z.enum([...mediaStatuses, ...analysisStatuses]).optional(),
  round: z.int().positive().optional(),
  failure: failureSchema.optional(),
  analyser: z.enum(analyserNames).optional(),
  provider: z.enum(analysisProviders).optional(),
  /** Found by the analyser `labels`, best first. */
  labels: z.array(z.string()).optional(),
  /** Found by the analyser `moderation`. */
  flagged: z.boolean().optional(),
});
export type Alert = z.infer<typeof alertSchema>;

/** Where the outbox entry of an event is stored: the item whose `pending` map contains it. */
export const eventSourceSchema = z.object({
  table: z.enum(['users', 'media']),
  key: z.record(z.string(), z.string()),
});
export type EventSource = z.infer<typeof eventSourceSchema>;
