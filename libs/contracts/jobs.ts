import { z } from 'zod';
import { eventSourceSchema, type Channel } from './events';

/** `round` makes the wake-up of an owner's retry another job than the one that just ended. */
const processMedia = z.object({ userId: z.string(), mediaId: z.string(), round: z.int().positive() });
const eventRef = z.object({ source: eventSourceSchema, eventId: z.string() });
/**
 * `counted`: what there was is written down, so it may be erased; else it is counted and reported, and nothing more.
 * `final`: a day later, once more, for what was under way while the account was erased.
 */
const eraseOwned = z.object({
  userId: z.string(),
  counted: z.boolean().default(false),
  final: z.boolean().default(false),
});
const erased = z.object({
  userId: z.string(),
  service: z.enum(['media', 'notification']),
  /** What there is before the first of it is erased; of no meaning once it is done. */
  counts: z.record(z.string(), z.int().nonnegative()),
  done: z.boolean().default(true),
});

export type ProcessMedia = z.infer<typeof processMedia>;
export type EventRef = z.infer<typeof eventRef>;
export type EraseOwned = z.infer<typeof eraseOwned>;
export type Erased = z.infer<typeof erased>;

/** One wake-up per round of a medium. */
export const mediaKey = (payload: Pick<ProcessMedia, 'mediaId' | 'round'>) => `${payload.mediaId}.${payload.round}`;
const sameEvent = (payload: EventRef) => payload.eventId;
const sameErasure = ({ userId, counted, final }: EraseOwned) =>
  `${userId}.${final ? 'final' : counted ? 'counted' : 'new'}`;

/**
 * THE job map: queue -> who consumes it, payload, what makes two jobs the same (`dedupe`), retries.
 * Payloads carry ids alone; the truth is read from the table. Both ends parse the payload.
 * A consumer is built from `QueuesOf<name>`, so a queue without a handler does not compile.
 */
export const queues = {
  image: { consumer: 'worker', payload: processMedia, dedupe: mediaKey, attempts: 5, backoffMs: 1_000 },
  audio: { consumer: 'worker', payload: processMedia, dedupe: mediaKey, attempts: 5, backoffMs: 1_000 },
  video: { consumer: 'worker', payload: processMedia, dedupe: mediaKey, attempts: 5, backoffMs: 1_000 },
  /** The channel `inApp`: notification row, counters, live push. */
  events: { consumer: 'notification', payload: eventRef, dedupe: sameEvent, attempts: 8, backoffMs: 500 },
  /** The channel `alerts`. Each channel has a queue of its own, so that an outage of one delays no other. */
  alerts: { consumer: 'notification', payload: eventRef, dedupe: sameEvent, attempts: 8, backoffMs: 1_000 },
  /** A deleted account: each service reports what it owns to `erased`, is asked again once that is written down, erases it, and reports that it did. */
  eraseMedia: { consumer: 'media', payload: eraseOwned, dedupe: sameErasure, attempts: 8, backoffMs: 1_000 },
  eraseNotifications: {
    consumer: 'notification',
    payload: eraseOwned,
    dedupe: sameErasure,
    attempts: 8,
    backoffMs: 1_000,
  },
  erased: {
    consumer: 'auth',
    payload: erased,
    dedupe: (p: Erased) => `${p.userId}.${p.service}.${p.done}`,
    attempts: 8,
    backoffMs: 1_000,
  },
} as const;

export type QueueName = keyof typeof queues;

/** The queue by which each channel is asked to deliver an event. */
export const channelQueues = { inApp: 'events', alerts: 'alerts' } as const satisfies Record<Channel, QueueName>;
export type JobPayload<Q extends QueueName> = z.infer<(typeof queues)[Q]['payload']>;
export type Consumer = (typeof queues)[QueueName]['consumer'];
/** The queues that a service must handle. */
export type QueuesOf<C extends Consumer> = {
  [Q in QueueName]: (typeof queues)[Q]['consumer'] extends C ? Q : never;
}[QueueName];

/** The queues a worker process can take, one per kind of media, so that each kind scales apart. */
export type WorkQueue = QueuesOf<'worker'>;
export const workQueues = ['image', 'audio', 'video'] as const satisfies readonly WorkQueue[];
export const isWorkQueue = (name: QueueName): name is WorkQueue => queues[name].consumer === 'worker';
