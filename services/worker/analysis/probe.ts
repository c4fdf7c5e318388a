import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Input } from './ffmpeg';
import { inputOptions } from './input-options';
import { MediaFailure } from './media-failure';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 8 * 1024 ** 2;
const TIME_LIMIT_MS = 120_000;

/** ffprobe prints numbers as texts, and "N/A". */
const numeric = z.coerce.number().catch(0).default(0);
const tags = z.record(z.string(), z.string()).default({});

const streamSchema = z.object({
  index: z.int(),
  codec_type: z.string().default(''),
  codec_name: z.string().default(''),
  profile: z.string().default(''),
  pix_fmt: z.string().default(''),
  color_transfer: z.string().default(''),
  width: numeric,
  height: numeric,
  sample_aspect_ratio: z.string().default('1:1'),
  avg_frame_rate: z.string().default('0/0'),
  sample_rate: numeric,
  channels: numeric,
  duration: numeric,
  disposition: z.record(z.string(), z.int()).default({}),
  tags,
  side_data_list: z.array(z.object({ rotation: z.number().optional() })).default([]),
});
export type Stream = z.infer<typeof streamSchema>;

const probeSchema = z.object({
  streams: z.array(streamSchema).default([]),
  format: z.object({ duration: numeric, tags }).default({ duration: 0, tags: {} }),
  chapters: z.array(z.object({ start_time: numeric, tags })).default([]),
});
export type Probe = z.infer<typeof probeSchema>;

let ffprobe = 'ffprobe';

/** Which program to run; see toolbox.ts. */
export const useFfprobe = (path: string): void => void (ffprobe = path);

const hardened = (input: Input) => ['-hide_banner', '-loglevel', 'error', '-threads', '2', ...inputOptions(input.contentType), ...(input.options ?? [])];

/**
 * The streams, tags and chapters that the container names. Durations here are what headers say, which may be a lie.
 * @throws {MediaFailure} `invalid_media` when it is no such container at all.
 */
export async function probe(input: Input): Promise<Probe> {
  const options = [...hardened(input), '-show_streams', '-show_format', '-show_chapters', '-of', 'json', input.path];
  try {
    const { stdout } = await run(ffprobe, options, { maxBuffer: MAX_OUTPUT_BYTES, timeout: TIME_LIMIT_MS, killSignal: 'SIGKILL' });
    return probeSchema.parse(JSON.parse(stdout));
  } catch (error) {
    throw toFailure(error as ToolError);
  }
}

/** What `execFile` rejects with. */
type ToolError = Error & { code?: unknown; killed?: boolean; signal?: string | null; stderr?: string };

function toFailure(error: ToolError): Error {
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return new MediaFailure('too_complex', 'ffprobe printed too much');
  if (error.killed) return new MediaFailure('processing_timeout', 'ffprobe took too long');
  if (error.signal) return new MediaFailure('too_complex', `ffprobe ended by ${error.signal}`);
  if (typeof error.code === 'number' || error instanceof SyntaxError || error instanceof z.ZodError) return new MediaFailure('invalid_media', (error.stderr || error.message).slice(-500));
  return error;
}

/** The length, in seconds, that the packets of the given streams really span, whatever headers say. */
export async function packetSeconds(input: Input, streamIndexes: number[]): Promise<number> {
  const show = ['-show_entries', 'packet=stream_index,pts_time,dts_time,duration_time', '-of', 'csv=p=0'];
  const child = spawn(ffprobe, [...hardened(input), ...show, input.path], { stdio: ['ignore', 'pipe', 'ignore'] });
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  const wanted = new Set(streamIndexes.map(String));
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [index = '', pts, dts, duration] = line.split(',');
    if (!wanted.has(index)) continue;
    const at = Number(pts) || Number(dts) || 0;
    start = Math.min(start, at);
    end = Math.max(end, at + (Number(duration) || 0));
  }
  const [, signal] = await exited;
  if (signal) throw new MediaFailure('too_complex', `ffprobe ended by ${signal}`);
  return Math.max(0, end - Math.max(0, Math.min(start, end))); // what lies before zero is not played: encoder delay
}
