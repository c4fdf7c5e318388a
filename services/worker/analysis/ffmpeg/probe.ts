import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import { MediaFailure } from '../media-failure';
import type { Input } from './ffmpeg';
import { parseFormatDump } from './format-dump';
import { inputOptions } from './input-options';

const run = promisify(execFile);
const LIMITS = { maxBuffer: 8 * 1024 ** 2, timeout: 120_000, killSignal: 'SIGKILL' } as const;

/** ffprobe prints numbers as strings, or "N/A". */
const numeric = z.coerce.number().catch(0).default(0);
const tags = z.record(z.string(), z.string()).default({});

const streamSchema = z.object({
  index: z.int(),
  codec_type: z.string().default(''),
  codec_name: z.string().default(''),
  /** The FourCC of the codec in the container; `[0][0][0][0]` when it has none. */
  codec_tag_string: z.string().default(''),
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
  /** 0 where the container does not tell. */
  nb_frames: numeric,
  disposition: z.record(z.string(), z.int()).default({}),
  tags,
  side_data_list: z.array(z.object({ rotation: z.number().optional() })).default([]),
});
export type Stream = z.infer<typeof streamSchema>;

/** The fields of `ffprobe -of json` that are used. */
export const probeSchema = z.object({
  streams: z.array(streamSchema).default([]),
  format: z.object({ duration: numeric, tags }).default({ duration: 0, tags: {} }),
  chapters: z.array(z.object({ start_time: numeric, tags })).default([]),
});
export type Probe = z.infer<typeof probeSchema>;

let ffprobe = 'ffprobe';

/** Sets the path of ffprobe; see toolbox.ts. */
export const useFfprobe = (path: string): void => void (ffprobe = path);

/**
 * Reads streams, tags and chapters of a container. Its durations come from headers and may be wrong.
 * @throws {MediaFailure} `invalid_media` when the file is not such a container
 */
export async function probe(input: Input): Promise<Probe> {
  const safety = ['-hide_banner', '-loglevel', 'info', '-threads', '2', ...inputOptions(input.contentType)];
  const options = [...safety, '-show_streams', '-show_format', '-show_chapters', '-of', 'json', input.path];
  try {
    const { stdout } = await run(ffprobe, options, LIMITS);
    return probeSchema.parse(JSON.parse(stdout));
  } catch (error) {
    const { code, stderr = '' } = error as ToolError;
    if (code === 1 && CANNOT_OPEN_CODEC.test(stderr)) return probeSchema.parse(parseFormatDump(stderr));
    throw toFailure(error as ToolError);
  }
}

/**
 * ffprobe opens a decoder for every stream before it prints anything, and exits when one is not on the whitelist or
 * rejects its parameters (open_input_file in ffprobe.c), even that of an unused stream. By then it has described the
 * file in its log.
 */
const CANNOT_OPEN_CODEC = /Could not open codec for input stream/;

/** The error that `execFile` rejects with. */
type ToolError = Error & { code?: unknown; killed?: boolean; signal?: string | null; stderr?: string };

function toFailure(error: ToolError): Error {
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
    return new MediaFailure('too_complex', 'ffprobe printed too much');
  if (error.killed) return new MediaFailure('processing_timeout', 'ffprobe took too long');
  if (error.signal) return new MediaFailure('too_complex', `ffprobe ended by ${error.signal}`);
  if (typeof error.code === 'number' || error instanceof SyntaxError || error instanceof z.ZodError)
    return new MediaFailure('invalid_media', (error.stderr || error.message).slice(-500));
  return error;
}
