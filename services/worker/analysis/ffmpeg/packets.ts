import { type Input, stream } from './ffmpeg';

/** What ffmpeg prints for an unknown timestamp (AV_NOPTS_VALUE). */
const NO_TIME = -(2 ** 63);

/** AV_PKT_FLAG_DISCARD: an edit list excludes the packet; it is decoded at most for the sake of others. */
const DISCARD = 4;

export interface Playback {
  /** The time that the packets of all given streams span. */
  seconds: number;
  /** The time of the packets of the first given stream that an edit list excludes. */
  trimmedSeconds: number;
}

/**
 * Measures what is played of the given streams, independent of the durations in headers, but within the edit lists.
 * Uses ffmpeg, which copies packets without decoders: ffprobe opens one for every stream and exits when it is not on
 * the whitelist.
 * @throws {MediaFailure}
 */
export async function measurePlayback(input: Input, streamIndexes: number[]): Promise<Playback> {
  const maps = streamIndexes.flatMap((index) => ['-map', `0:${index}`]);
  const secondsPerTick = new Map<string, number>();
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  let trimmedSeconds = 0;
  await streamLines(input, [...maps, '-copyts', '-c', 'copy', '-copyinkf', '-f', 'framecrc'], (line) => {
    const [, streamIndex = '', numerator, denominator] = /^#tb (\d+): (\d+)\/(\d+)/.exec(line) ?? [];
    if (streamIndex) secondsPerTick.set(streamIndex, Number(numerator) / Number(denominator));
    const [index = '', dts, pts, duration] = line.split(',');
    const tick = secondsPerTick.get(index);
    if (!tick) return;
    if (Number(/, F=(0x[\dA-F]+)/.exec(line)?.[1] ?? 0) & DISCARD) {
      if (Number(index) === 0) trimmedSeconds += tick * Number(duration);
      return;
    }
    const at = tick * ([pts, dts].map(Number).find((time) => time !== NO_TIME) ?? 0);
    start = Math.min(start, at);
    end = Math.max(end, at + tick * Number(duration));
  });
  // times before zero are encoder delay, not played
  return { seconds: Math.max(0, end - Math.max(0, Math.min(start, end))), trimmedSeconds };
}

async function streamLines(input: Input, options: string[], onLine: (line: string) => void): Promise<void> {
  let unfinished = '';
  await stream(input, options, (chunk) => {
    const lines = (unfinished + chunk.toString('latin1')).split('\n');
    unfinished = lines.pop()!;
    lines.forEach(onLine);
  });
}
