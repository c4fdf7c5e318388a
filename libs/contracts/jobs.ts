import { z } from 'zod';
import { eventSourceSchema } from './events';

const processMedia = z.object({ userId: z.string(), mediaId: z.string() });
const eventRef = z.object({ source: eventSourceSchema, eventId: z.string() });

/**
 * THE job map: queue -> payload, what makes two jobs the same (`dedupe`), retries.
 * Payloads carry ids alone; the truth is read from the table. Both ends parse the payload.
 * A queue is consumed through `HandlerOf`, so a queue without a handler does not compile.
 */
export const queues = {
  image: { payload: processMedia, dedupe: (p: ProcessMedia) => p.mediaId, attempts: 5, backoffMs: 1_000 },
  audio: { payload: processMedia, dedupe: (p: ProcessMedia) => p.mediaId, attempts: 5, backoffMs: 1_000 },
  video: { payload: processMedia, dedupe: (p: ProcessMedia) => p.mediaId, attempts: 5, backoffMs: 1_000 },
  /** Tell the owner: notification row, counters, live push. Then hands over to `alerts`. */
  events: { payload: eventRef, dedupe: (p: EventRef) => p.eventId, attempts: 8, backoffMs: 500 },
  /** Publish to the alerts topic, then confirm the outbox entry. Apart from `events`, so that a topic that is out delays alerts alone. */
  alerts: { payload: eventRef, dedupe: (p: EventRef) => p.eventId, attempts: 8, backoffMs: 1_000 },
} as const;

export type ProcessMedia = z.infer<typeof processMedia>;
export type EventRef = z.infer<typeof eventRef>;

export type QueueName = keyof typeof queues;
export type JobPayload<Q extends QueueName> = z.infer<(typeof queues)[Q]['payload']>;

/** The queues a worker process can take, one per kind of media, so that each kind scales apart. */
export const workQueues = ['image', 'audio', 'video'] as const satisfies readonly QueueName[];
export type WorkQueue = (typeof workQueues)[number];
