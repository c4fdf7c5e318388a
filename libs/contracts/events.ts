import { z } from 'zod';
import { analyserNames, analysisProviders, analysisStatuses } from './analysis';
import { failureSchema, mediaKinds, mediaStatuses } from './media';

/** Where events are delivered: `inApp` to the owner's pages and list of notifications, `alerts` to the alerts topic. */
export const channels = ['inApp', 'alerts'] as const;
export type Channel = (typeof channels)[number];

/** Every domain event, with the channels that deliver it. */
export const eventChannels = {
  'user.registered': ['inApp', 'alerts'],
  'user.logged_in': ['alerts'],
  'media.uploaded': ['inApp', 'alerts'],
  'media.processing': ['inApp', 'alerts'],
  'media.completed': ['inApp', 'alerts'],
  'media.failed': ['inApp', 'alerts'],
  /** An analysis of a medium ended: one for each run. */
  'media.analysed': ['inApp', 'alerts'],
  /** Counted, but neither shown as a notification nor published. */
  'media.deleted': ['inApp'],
} as const satisfies Record<string, readonly Channel[]>;
export type EventType = keyof typeof eventChannels;

/** The events that a channel delivers. */
export type EventTypeOf<C extends Channel> = {
  [T in EventType]: C extends (typeof eventChannels)[T][number] ? T : never;
}[EventType];

const alertTypes = (Object.keys(eventChannels) as EventType[]).filter((type): type is EventTypeOf<'alerts'> =>
  (eventChannels[type] as readonly Channel[]).includes('alerts'),
);

/** An event of an account in the outbox. Those of media also carry what the counters need: see libs/media. */
export interface UserEvent {
  id: string;
  type: 'user.registered' | 'user.logged_in';
  /** ISO 8601 UTC. */
  occurredAt: string;
  userId: string;
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
