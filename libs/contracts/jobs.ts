import { z } from 'zod';
import { analyserNames } from './analysis';
import { eventSourceSchema, eventTypes, type Channel } from './events';

/** `round` makes the wake-up of an owner's retry a different job from the one that just ended. */
const processMedia = z.object({ userId: z.string(), mediaId: z.string(), round: z.int().positive() });
/** `run` makes the wake-up of a repeated analysis a different job from the one that just ended. */
const analyseMedia = z.object({
  userId: z.string(),
  mediaId: z.string(),
  analyser: z.enum(analyserNames),
  run: z.int().positive(),
});
const eventRef = z.object({ source: eventSourceSchema, eventId: z.string() });
/**
 * Events of one medium, as they are announced: a consumer need not read them unless they are old or delivered again.
 * `isPushed`: the open pages have received the medium.
 */
const announcement = z.object({
  source: eventSourceSchema,
  /** In the order in which they occurred. */
  events: z.array(
    z.object({
      event: z.looseObject({ id: z.string(), type: z.enum(eventTypes), occurredAt: z.string() }),
      isPushed: z.boolean(),
    }),
  ),
});
/**
 * `counted`: the counts are durable, so the data may be erased; otherwise it is only counted and reported.
 * `final`: the second pass, a day later, for requests that were in flight while the account was erased.
 */
const eraseOwned = z.object({
  userId: z.string(),
  counted: z.boolean().default(false),
  final: z.boolean().default(false),
});
/** `origin`: of the request, for the link in the mail. */
const passwordReset = z.object({ email: z.string(), origin: z.string() });
const erased = z.object({
  userId: z.string(),
  service: z.enum(['media', 'notification']),
  /** The counts before anything is erased; meaningless with `done`. */
  counts: z.record(z.string(), z.int().nonnegative()),
  done: z.boolean().default(true),
});

/** `userId`: the owner; `id`: the row of the delivery. */
const deliverWebhook = z.object({ userId: z.string(), id: z.string() });

export type AnalyseMedia = z.infer<typeof analyseMedia>;
export type ProcessMedia = z.infer<typeof processMedia>;
export type EventRef = z.infer<typeof eventRef>;
export type Announcement = z.infer<typeof announcement>;
export type DeliverWebhook = z.infer<typeof deliverWebhook>;
export type EraseOwned = z.infer<typeof eraseOwned>;
export type Erased = z.infer<typeof erased>;
export type PasswordReset = z.infer<typeof passwordReset>;

/** The deduplication key of a wake-up: one per round of a medium. */
export const mediaKey = (payload: Pick<ProcessMedia, 'mediaId' | 'round'>) => `${payload.mediaId}.${payload.round}`;
/** As `mediaKey`: one per run of an analyser of a medium. */
export const analysisKey = ({ mediaId, analyser, run }: Omit<AnalyseMedia, 'userId'>) =>
  `${mediaId}.${analyser}.${run}`;
const eventKey = (payload: EventRef) => payload.eventId;
const announcementKey = ({ events }: Announcement) => events.at(-1)!.event.id;
const erasureKey = ({ userId, counted, final }: EraseOwned) =>
  `${userId}.${final ? 'final' : counted ? 'counted' : 'new'}`;

/**
 * The job map: queue -> consumer, payload, deduplication key (`dedupe`), retries and backoff.
 * Payloads contain ids, and events when they are announced; the table is the source of truth. Producer and consumer
 * both parse the payload.
 * A consumer is built from `QueuesOf<name>`, so a queue without a handler does not compile.
 */
export const queues = {
  image: { consumer: 'worker', payload: processMedia, dedupe: mediaKey, attempts: 5, backoffMs: 1_000 },
  audio: { consumer: 'worker', payload: processMedia, dedupe: mediaKey, attempts: 5, backoffMs: 1_000 },
  video: { consumer: 'worker', payload: processMedia, dedupe: mediaKey, attempts: 5, backoffMs: 1_000 },
  /** What is in a medium: only while no medium waits to be processed. */
  analysis: { consumer: 'worker', payload: analyseMedia, dedupe: analysisKey, attempts: 5, backoffMs: 1_000 },
  /** Fresh events of media, for all their channels: one job, since each costs several round trips. */
  announced: { consumer: 'notification', payload: announcement, dedupe: announcementKey, attempts: 8, backoffMs: 500 },
  /**
   * Events that a channel did not deliver when they were fresh, and those of accounts: the channels `inApp`
   * (notification row, counters, live push) and `webhooks` (a row for each delivery).
   */
  events: { consumer: 'notification', payload: eventRef, dedupe: eventKey, attempts: 8, backoffMs: 500 },
  /** The channel `alerts`: a queue of its own, so that an outage of the topic does not delay the others. */
  alerts: { consumer: 'notification', payload: eventRef, dedupe: eventKey, attempts: 8, backoffMs: 1_000 },
  /** The channel `mail`. */
  mails: { consumer: 'notification', payload: eventRef, dedupe: eventKey, attempts: 8, backoffMs: 1_000 },
  /** A forgotten password: whether the account exists must not show in the response, nor in its time. */
  passwordResets: {
    consumer: 'auth',
    payload: passwordReset,
    dedupe: (p: PasswordReset) => p.email,
    attempts: 8,
    backoffMs: 1_000,
  },
  /** One attempt to deliver to a webhook; the row holds when the next one is due. */
  webhookDeliveries: {
    consumer: 'notification',
    payload: deliverWebhook,
    dedupe: (p: DeliverWebhook) => p.id,
    attempts: 3,
    backoffMs: 1_000,
  },
  /**
   * Deletion of an account, in two steps for each service: it counts what it owns and reports that to `erased`; once
   * the counts are durable it gets a second job, erases everything and reports `done`.
   */
  eraseMedia: { consumer: 'media', payload: eraseOwned, dedupe: erasureKey, attempts: 8, backoffMs: 1_000 },
  eraseNotifications: {
    consumer: 'notification',
    payload: eraseOwned,
    dedupe: erasureKey,
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

/** The queue of each channel. Channels share one where they depend on the tables only: one job delivers both. */
export const channelQueues = {
  inApp: 'events',
  alerts: 'alerts',
  mail: 'mails',
  webhooks: 'events',
} as const satisfies Record<Channel, QueueName>;
export type JobPayload<Q extends QueueName> = z.infer<(typeof queues)[Q]['payload']>;
export type Consumer = (typeof queues)[QueueName]['consumer'];
/** The queues that a service must handle. */
export type QueuesOf<C extends Consumer> = {
  [Q in QueueName]: (typeof queues)[Q]['consumer'] extends C ? Q : never;
}[QueueName];

/** The queues that a worker process can consume. */
export type WorkQueue = QueuesOf<'worker'>;
/** One per kind of media, so that each kind scales independently. */
export const mediaQueues = ['image', 'audio', 'video'] as const satisfies readonly WorkQueue[];
export type MediaQueue = (typeof mediaQueues)[number];
export const workQueues = [...mediaQueues, 'analysis'] as const satisfies readonly WorkQueue[];
/** Its jobs take seconds, where those of the others take minutes: they run beside jobs of the others. */
export const shortQueue = 'image' as const satisfies MediaQueue;
/** Its jobs wait for all others, and take no slot from them. */
export const backgroundQueue = 'analysis' as const satisfies WorkQueue;
export const isWorkQueue = (name: QueueName): name is WorkQueue => queues[name].consumer === 'worker';
