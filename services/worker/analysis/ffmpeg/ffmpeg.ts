import { Writable } from 'node:stream';
import ffmpeg, { type FfmpegCommand } from 'fluent-ffmpeg';
import { isExhaustion } from '../exhaustion';
import { MediaFailure } from '../media-failure';
import { inputOptions } from './input-options';

const running = new Set<FfmpegCommand>();

/** Sets the path of ffmpeg; see toolbox.ts. */
export const useFfmpeg = (path: string): void => void ffmpeg.setFfmpegPath(path);

/** Kills every ffmpeg that this process has started. */
export function killAll(): void {
  for (const command of running) command.kill('SIGKILL');
}

/** Whether the installed ffmpeg was built with this filter. */
export function hasFilter(name: string): Promise<boolean> {
  return new Promise((resolve, reject) =>
    ffmpeg.getAvailableFilters((error, filters) => (error ? reject(error) : resolve(name in filters))),
  );
}

export interface Input {
  path: string;
  /** As sniffed; determines the demuxer. */
  contentType: string;
  /** Options before the input, e.g. `['-ss', '2']`. */
  options?: string[];
}

/**
 * Runs ffmpeg and writes its output to a file. `onSeconds` is called with the seconds of output written so far.
 * @throws {MediaFailure} `unsupported_codec` when a mapped stream has no decoder or none on the whitelist,
 *   `processing_timeout` or `too_complex` when a limit was exceeded, else `invalid_media`
 */
export function transcode(
  input: Input,
  outputPath: string,
  options: string[],
  onSeconds?: (seconds: number) => void,
): Promise<void> {
  const command = createCommand(input).outputOptions(options).output(outputPath);
  if (onSeconds) {
    // Not fluent-ffmpeg's 'progress' event: with a listener for it, it starts an ffprobe outside of all limits.
    command.outputOptions(['-progress', 'pipe:2']).on('stderr', (line: string) => {
      const done = /^out_time_us=(\d+)$/.exec(line);
      if (done) onSeconds(Number(done[1]) / 1_000_000);
    });
  }
  return runCommand(command);
}

/**
 * Runs ffmpeg and calls `onData` with its output.
 * @throws {MediaFailure} as `transcode` does
 */
export async function stream(input: Input, options: string[], onData: (chunk: Buffer) => void): Promise<void> {
  // No 'close' event: fluent-ffmpeg would treat it as a broken pipe and fail a command that ends over 20 ms later.
  const sink = new Writable({
    autoDestroy: false,
    emitClose: false,
    write: (chunk: Buffer, _encoding, done) => done(void onData(chunk)),
  });
  const drained = new Promise((resolve) => void sink.once('finish', resolve));
  await runCommand(createCommand(input).outputOptions(options).output(sink));
  await drained; // the process may exit before its last bytes are read
}

function createCommand({ path, contentType, options = [] }: Input): FfmpegCommand {
  return ffmpeg(path).inputOptions([
    '-nostdin',
    '-hide_banner',
    '-loglevel',
    'error',
    '-threads',
    '2',
    ...inputOptions(contentType),
    ...options,
  ]);
}

async function runCommand(command: FfmpegCommand): Promise<void> {
  running.add(command);
  try {
    await new Promise<void>((resolve, reject) => {
      command.on('end', () => resolve());
      command.on('error', (error: Error, _stdout: unknown, stderr: unknown) =>
        reject(toFailure(error, String(stderr ?? ''))),
      );
      command.run();
    });
  } finally {
    running.delete(command);
  }
}

/**
 * What ffmpeg prints when it cannot open the decoder of a mapped stream. It prints "not on whitelist" for unused
 * streams too, so the line that follows must match as well. Version 7 prints "no decoder found for". The decoder of AAC
 * names what it does not implement, such as xHE-AAC.
 */
const NO_DECODER = new RegExp(
  [
    /not on whitelist '[^']*'\s+(?:\[.*\] )?Error while opening decoder/,
    /Decoder \(.*\) not found|no decoder found for/,
    /Error while opening decoder .*: (?:Function not implemented|Not yet implemented)/,
  ]
    .map(({ source }) => source)
    .join('|'),
);

/** fluent-ffmpeg reports the exit of ffmpeg only as a message; the reason is in what ffmpeg printed. */
function toFailure(error: Error, printed: string): Error {
  if (isExhaustion(`${error.message} ${printed}`)) return new Error(`${error.message} ${printed.slice(-500)}`);
  if (/killed with signal SIG(XCPU|KILL)/.test(error.message))
    return new MediaFailure('processing_timeout', error.message);
  if (/killed with signal|Cannot allocate memory|File too large/.test(error.message))
    return new MediaFailure('too_complex', error.message);
  if (NO_DECODER.test(printed)) return new MediaFailure('unsupported_codec', error.message.slice(0, 500));
  if (/exited with code/.test(error.message)) return new MediaFailure('invalid_media', error.message.slice(0, 500));
  return error;
}
