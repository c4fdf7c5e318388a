import { z } from 'zod';

const score = z.number().min(0).max(1);
const boxSchema = z.object({ x: score, y: score, width: score, height: score });

/** What the process does with one picture, and what it returns: parsed again outside, as it is not trusted. */
export const visionResults = {
  labels: z.object({
    labels: z.array(z.object({ name: z.string().max(40), confidence: score, boxes: z.array(boxSchema) })).max(100),
    faces: z.int().nonnegative(),
  }),
  /** By MobileNetV2; a second opinion by InceptionV3, which needs seven times as much time and 300 MB more. */
  moderation: z.object({ drawing: score, hentai: score, neutral: score, porn: score, sexy: score }),
  secondOpinion: z.object({ drawing: score, hentai: score, neutral: score, porn: score, sexy: score }),
  text: z.array(z.object({ text: z.string().max(4_000), confidence: score, box: boxSchema })).max(1_000),
} as const;
export type VisionTask = keyof typeof visionResults;
export type VisionResults = { [T in VisionTask]: z.infer<(typeof visionResults)[T]> };

export const visionJobSchema = z.object({
  task: z.enum(Object.keys(visionResults) as [VisionTask, ...VisionTask[]]),
  path: z.string(),
});
export type VisionJob = z.infer<typeof visionJobSchema>;
