import { z } from 'zod';
import { failureSchema, mediaKinds, mediaStatuses } from './media';
import { page } from './page';

const count = z.int().nonnegative();
const time = z.iso.datetime();
const roles = ['user', 'admin'] as const;

/** An account as an admin sees it. Sizes in bytes. */
export const adminUserSchema = z
  .object({
    id: z.string(),
    username: z.string(),
    email: z.string(),
    role: z.enum(roles),
    createdAt: time,
    /** It cannot log in; its media stay. */
    disabled: z.boolean(),
    /** The quota of this account; null: that of the server (`USER_QUOTA_BYTES`). */
    quotaBytes: count.nullable(),
    media: count,
    failed: count,
    /** Originals and derived files. */
    bytes: count,
  })
  .meta({ id: 'AdminUser' });
export type AdminUser = z.infer<typeof adminUserSchema>;

export const adminUserListResponse = z.object({ items: z.array(adminUserSchema), nextCursor: z.string().nullable() });
export type AdminUserList = z.infer<typeof adminUserListResponse>;

/** `q`: a part of the username or of the e-mail, without regard to case. */
export const adminUsersQuery = z.object({ ...page, q: z.string().trim().max(254).optional() });
export type AdminUsersQuery = z.infer<typeof adminUsersQuery>;

/** `quotaBytes: null` removes the quota of the account, so that that of the server applies again. */
export const adminUserChange = z
  .strictObject({
    disabled: z.boolean().optional(),
    quotaBytes: count.nullable().optional(),
    role: z.enum(roles).optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'Send at least one of disabled, quotaBytes and role.');
export type AdminUserChange = z.infer<typeof adminUserChange>;

export const auditActions = [
  'user.disable',
  'user.enable',
  'user.quota',
  'user.role',
  'user.delete',
  'user.password',
  'media.retry',
  'queue.pause',
  'queue.resume',
  'canary.run',
] as const;
export type AuditAction = (typeof auditActions)[number];

/** One act of an admin, or of an operator on the command line (`actor.id` null). */
export const auditEntrySchema = z
  .object({
    id: z.string(),
    at: time,
    actor: z.object({ id: z.string().nullable(), username: z.string() }),
    action: z.enum(auditActions),
    /** Whom or what it concerned. */
    target: z.object({ kind: z.enum(['user', 'media', 'queue', 'server']), id: z.string(), name: z.string() }),
    /** The address of the request, or `command line`. */
    from: z.string(),
    details: z.record(z.string(), z.unknown()),
    /** `requested` is written before the act; an act that was refused has a second entry with the problem's code. */
    outcome: z.string(),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof auditEntrySchema>;

export const auditListResponse = z.object({ items: z.array(auditEntrySchema), nextCursor: z.string().nullable() });
export type AuditList = z.infer<typeof auditListResponse>;

const mediaFilter = {
  status: z.enum(mediaStatuses).optional(),
  /** Failure code; only failed media have one. */
  code: z.string().max(64).optional(),
  kind: z.enum(mediaKinds).optional(),
  userId: z.string().max(64).optional(),
  /** A part of the title or of the file name, without regard to case. */
  q: z.string().trim().max(200).optional(),
};
export const adminMediaQuery = z.object({ ...page, ...mediaFilter });
export type AdminMediaQuery = z.infer<typeof adminMediaQuery>;
export type AdminMediaFilter = Omit<AdminMediaQuery, 'limit' | 'cursor'>;

/** A medium as an admin sees it: what identifies it and what became of it, never its content. Size in bytes. */
export const adminMediumSchema = z
  .object({
    id: z.string(),
    userId: z.string(),
    /** null: the account is being deleted. */
    username: z.string().nullable(),
    title: z.string(),
    filename: z.string(),
    kind: z.enum(mediaKinds),
    contentType: z.string(),
    sizeBytes: count,
    status: z.enum(mediaStatuses),
    progress: z.int().min(0).max(100),
    round: z.int().positive(),
    failure: failureSchema.nullable(),
    createdAt: time,
    updatedAt: time,
    completedAt: time.nullable(),
  })
  .meta({ id: 'AdminMedium' });
export type AdminMedium = z.infer<typeof adminMediumSchema>;
export const adminMediaListResponse = z.object({
  items: z.array(adminMediumSchema),
  nextCursor: z.string().nullable(),
});
export type AdminMediaList = z.infer<typeof adminMediaListResponse>;

/** Either media by their ids, or all failed ones that match a filter. */
export const adminRetryRequest = z
  .strictObject({
    ids: z.array(z.string().max(64)).min(1).max(100).optional(),
    filter: z.strictObject(mediaFilter).optional(),
  })
  .refine(({ ids, filter }) => !ids !== !filter, 'Send either ids or filter.');
export type AdminRetryRequest = z.infer<typeof adminRetryRequest>;
/** `more`: the limit of one request was reached; send it again for the rest. */
export const adminRetryResponse = z.object({
  retried: count,
  refused: z.array(z.object({ id: z.string(), code: z.string() })),
  more: z.boolean(),
});
export type AdminRetryResponse = z.infer<typeof adminRetryResponse>;

export const adminQueueSchema = z
  .object({
    name: z.string(),
    paused: z.boolean(),
    waiting: count,
    active: count,
    delayed: count,
    failed: count,
    /** Age of the oldest waiting job; null without one. */
    oldestSeconds: z.number().nullable(),
  })
  .meta({ id: 'AdminQueue' });
export type AdminQueue = z.infer<typeof adminQueueSchema>;
/** A pause holds until the queue is resumed; running work is finished. */
export const adminQueueListResponse = z.object({ items: z.array(adminQueueSchema) });
export type AdminQueueList = z.infer<typeof adminQueueListResponse>;

/** `off`: not configured, or never run. */
const state = z.enum(['ok', 'degraded', 'down', 'off']);

/** One run of the canary: a tiny picture, sound and film through upload, queue, worker and deletion. */
export const canarySchema = z
  .object({
    state,
    running: z.boolean(),
    /** How often it runs by itself, in minutes; 0: never. */
    everyMinutes: count,
    /** The latest run; null before the first one. */
    last: z
      .object({
        at: time,
        results: z.array(
          z.object({ kind: z.enum(mediaKinds), ok: z.boolean(), seconds: z.number(), problem: z.string().nullable() }),
        ),
      })
      .nullable(),
  })
  .meta({ id: 'Canary' });
export type CanaryView = z.infer<typeof canarySchema>;

/** A way by which events leave the installation. `detail` says what to do when its state is not ok. */
export const channelHealthSchema = z
  .object({ name: z.string(), state, detail: z.string() })
  .meta({ id: 'ChannelHealth' });
export type ChannelHealthView = z.infer<typeof channelHealthSchema>;

/** Bytes are those of all accounts; counts, bytes and spending are at most 30 seconds old. */
export const adminOverviewSchema = z
  .object({
    users: z.object({ total: count }),
    media: z.object({ total: count, uploaded: count, processing: count, completed: count, failed: count }),
    storage: z.object({ bytes: count, originalBytes: count }),
    queues: z.array(adminQueueSchema),
    /** Age of the oldest job that waits in any queue, in seconds; null when none waits. */
    oldestWaitSeconds: z.number().nullable(),
    /** Worker processes that reported within the last half minute. */
    workers: count,
    /** Media that failed within the last 24 hours and were not retried since, by the code of their failure. */
    failures: z.array(z.object({ code: z.string(), count })),
    health: z.object({ status: z.enum(['ok', 'degraded', 'down']), checks: z.record(z.string(), z.string()) }),
    canary: canarySchema,
    /** What analyses by paid providers have cost all accounts in this month (UTC). */
    analysis: z.object({ spentUsd: z.number().min(0), budgetUsd: z.number().min(0) }),
    channels: z.array(channelHealthSchema),
  })
  .meta({ id: 'AdminOverview' });
export type AdminOverview = z.infer<typeof adminOverviewSchema>;
