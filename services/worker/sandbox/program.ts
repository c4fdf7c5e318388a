import { z } from 'zod';
import type { Toolbox } from './toolbox';

/** A module that does jobs in a disposable process: it sends `ready`, then replies to each `{ id, job }`. */
export interface Program<Job extends object, Result> {
  /** Path relative to this folder, without extension. */
  module: string;
  arguments?: (toolbox: Toolbox) => string[];
  /** Folders that it may read, besides the system and the files of its jobs. */
  readable?: readonly string[];
  /** Options of Node, and environment variables, besides those of all programs. */
  execArgv?: string[];
  environment?: Record<string, string>;
  /** The shape of a result: the process is not trusted. */
  resultOf: (job: Job) => z.ZodType<Result>;
  /** The error for a job that fails for good. */
  failure: (failed: { code: string; detail?: string }) => Error;
}

/** Limits of one job, and the errors when it exceeds them. */
export interface JobLimits {
  timeMs: number;
  memoryBytes: number;
  timedOut: (detail: string) => Error;
  tooLarge: (detail: string) => Error;
}

/**
 * Child -> parent. `failed`: the file is bad; `exhausted`: out of disk, handles or processes; `broken`: our error.
 */
export const replySchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('progress'), id: z.int(), percent: z.number() }),
  z.object({ type: z.literal('done'), id: z.int(), result: z.unknown() }),
  z.object({ type: z.literal('failed'), id: z.int(), code: z.string(), detail: z.string().optional() }),
  z.object({ type: z.literal('exhausted'), id: z.int(), message: z.string() }),
  z.object({ type: z.literal('broken'), id: z.int(), message: z.string() }),
]);
export type Reply = z.infer<typeof replySchema>;
