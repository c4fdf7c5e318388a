import { z } from 'zod';
import { derivedSchema, mediaKinds } from '#contracts';
import { failureCodes } from './media-failure';

const length = z.int().positive().nullable();

/** What an analysis finds, checked where its steps are merged and again where it leaves the sandbox. */
export const factsSchema = z.object({
  /** May correct the given kind: an mp4 with sound alone is audio. */
  kind: z.enum(mediaKinds),
  /** Pixels as displayed: after orientation, rotation and sample aspect. Null for audio. */
  width: length,
  height: length,
  /** What really plays; null for still images. */
  durationSeconds: z.number().nonnegative().nullable(),
  codecs: z.array(z.string()),
  metadata: z.record(z.string(), z.unknown()),
  /** ThumbHash of the thumbnail, base64. */
  placeholder: z.string().max(64).nullable(),
  /** Files lie in the job's output folder. */
  derived: derivedSchema,
});
export type Facts = z.infer<typeof factsSchema>;

const jobSchema = z.object({
  kind: z.enum(mediaKinds),
  contentType: z.string(),
  inputPath: z.string(),
  outputDir: z.string(),
});
/** One file to look at. Derived files go to `outputDir`. */
export type Job = z.infer<typeof jobSchema>;

/** Parent -> child. */
export const requestSchema = z.object({ id: z.int(), job: jobSchema });

/** Child -> parent. `failed` is about the file, `exhausted` about the machine, `broken` about us. */
export const replySchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('progress'), id: z.int(), percent: z.number() }),
  z.object({ type: z.literal('done'), id: z.int(), facts: factsSchema }),
  z.object({ type: z.literal('failed'), id: z.int(), code: z.enum(failureCodes), detail: z.string().optional() }),
  z.object({ type: z.literal('exhausted'), id: z.int(), message: z.string() }),
  z.object({ type: z.literal('broken'), id: z.int(), message: z.string() }),
]);
export type Reply = z.infer<typeof replySchema>;

/** Whole percents of the job, 0..100. */
export type OnProgress = (percent: number) => void;
