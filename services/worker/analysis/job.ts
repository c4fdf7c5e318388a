import { z } from 'zod';
import { derivedSchema, mediaKinds } from '#contracts';

const pixels = z.int().positive().nullable();

/** What an analysis returns; checked where its steps are merged and again where it leaves the sandbox. */
export const factsSchema = z.object({
  /** May differ from the kind of the job: an MP4 with audio only is audio. */
  kind: z.enum(mediaKinds),
  /** Pixels as displayed: after orientation, rotation and sample aspect. Null for audio. */
  width: pixels,
  height: pixels,
  /** Measured by decoding; null for still images. */
  durationSeconds: z.number().nonnegative().nullable(),
  codecs: z.array(z.string()),
  metadata: z.record(z.string(), z.unknown()),
  /** ThumbHash of the thumbnail, base64. */
  placeholder: z.string().max(64).nullable(),
  /** Names of files in the output folder of the job. */
  derived: derivedSchema,
});
export type Facts = z.infer<typeof factsSchema>;

const jobSchema = z.object({
  kind: z.enum(mediaKinds),
  contentType: z.string(),
  inputPath: z.string(),
  outputDir: z.string(),
});
/** One file to analyse. Derived files are written to `outputDir`. */
export type Job = z.infer<typeof jobSchema>;

/** Parent -> child. */
export const requestSchema = z.object({ id: z.int(), job: jobSchema });

/** Whole percents of the job, 0..100. */
export type OnProgress = (percent: number) => void;
