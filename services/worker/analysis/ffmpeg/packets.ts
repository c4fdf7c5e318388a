import { type Input, stream } from './ffmpeg';

/** What ffmpeg prints for an unknown timestamp (AV_NOPTS_VALUE). */
const NO_TIME = -(2 ** 63);

/**
 * Measures the duration in seconds that the packets of the given streams span, independent of headers. Uses ffmpeg,
 * which copies packets without decoders: ffprobe opens one for every stream and exits when it is not on the whitelist.
 * @throws {MediaFailure}
 */
export async function packetSeconds(input: Input, streamIndexes: number[]): Promise<number> {
  const maps = streamIndexes.flatMap((index) => ['-map', `0:${index}`]);
  const secondsPerTick = new Map<string, number>();
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  await streamLines(input, [...maps, '-copyts', '-c', 'copy', '-copyinkf', '-f', 'framecrc'], (line) => {
    const [, streamIndex = '', numerator, denominator] = /^#tb (\d+): (\d+)\/(\d+)/.exec(line) ?? [];
    if (streamIndex) secondsPerTick.set(streamIndex, Number(numerator) / Number(denominator));
    const [index = '', dts, pts, duration] = line.split(',');
    const tick = secondsPerTick.get(index);
    if (!tick) return;
    const at = tick * ([pts, dts].map(Number).find((time) => time !== NO_TIME) ?? 0);
    start = Math.min(start, at);
    end = Math.max(end, at + tick * Number(duration));
  });
  return Math.max(0, end - Math.max(0, Math.min(start, end))); // times before zero are encoder delay, not played
}

async function streamLines(input: Input, options: string[], onLine: (line: string) => void): Promise<void> {
  let unfinished = '';
  await stream(input, options, (chunk) => {
    const lines = (unfinished + chunk.toString('latin1')).split('\n');
    unfinished = lines.pop()!;
    lines.forEach(onLine);
  });
}
