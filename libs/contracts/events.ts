import { z } from 'zod';
import { failureSchema, mediaKinds, mediaStatuses } from './media';

export const alertTypes = [
  'user.registered',
  'user.logged_in',
  'media.uploaded',
  'media.processing',
  'media.completed',
  'media.failed',
] as const;
export type AlertType = (typeof alertTypes)[number];

/** A domain event as subscribers of the alerts topic receive it. The same `id` on every repeat (at-least-once delivery). */
export const alertSchema = z.object({
  id: z.string(),
  type: z.enum(alertTypes),
  occurredAt: z.iso.datetime(),
  userId: z.string(),
  mediaId: z.string().optional(),
  title: z.string().optional(),
  kind: z.enum(mediaKinds).optional(),
  status: z.enum(mediaStatuses).optional(),
  round: z.int().positive().optional(),
  failure: failureSchema.optional(),
});
export type Alert = z.infer<typeof alertSchema>;

/** Where the outbox entry of an event lies: the item whose `pending` map holds it. */
export const eventSourceSchema = z.object({
  table: z.enum(['users', 'media']),
  key: z.record(z.string(), z.string()),
});
export type EventSource = z.infer<typeof eventSourceSchema>;
