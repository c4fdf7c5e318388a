import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UPRIGHT } from '../analysis/av/poster';
import { inputOptions } from '../analysis/ffmpeg/input-options';
import { confinedProgram } from '../sandbox/confined-program';
import { runProgram } from '../sandbox/run-program';
import type { Picture } from './analyser';

/** A film or sound that is read by ffmpeg, with the restraints of all untrusted files. */
export interface Source {
  path: string;
  contentType: string;
}

const COMMON = ['-nostdin', '-y', '-hide_banner', '-loglevel', 'error', '-threads', '1'];
/** Positions are in the middle of equal parts of a film, so that neither titles nor credits are seen alone. */
const positions = (count: number, durationSeconds: number) =>
  Array.from({ length: count }, (_, at) => ((at + 0.5) / count) * durationSeconds);

/** Writes `count` frames of a film as JPEG into a folder: fewer where its end cannot be decoded. */
export async function extractFrames(
  source: Source,
  folder: string,
  { count, durationSeconds }: { count: number; durationSeconds: number },
  signal: AbortSignal,
): Promise<Picture[]> {
  const ffmpeg = await ffmpegFor(source, folder);
  const frames: Picture[] = [];
  for (const [at, seconds] of positions(count, durationSeconds).entries()) {
    const path = join(folder, `frame-${at}.jpg`);
    const input = ['-ss', seconds.toFixed(3), ...inputOf(source)];
    const output = ['-map', '0:V:0', '-frames:v', '1', '-vf', UPRIGHT.join(','), '-q:v', '3', path];
    await runProgram('ffmpeg', [...ffmpeg, ...input, ...output], signal);
    if (await exists(path)) frames.push({ path, atSeconds: Math.round(seconds * 1_000) / 1_000 });
  }
  return frames;
}

/** Writes the sound as FLAC, 16 kHz, mono, into a folder. Returns its path. */
export async function extractSound(source: Source, folder: string, signal: AbortSignal): Promise<string> {
  const path = join(folder, 'sound.flac');
  const output = ['-map', '0:a:0', '-ac', '1', '-ar', '16000', '-sample_fmt', 's16', '-c:a', 'flac', path];
  await runProgram('ffmpeg', [...(await ffmpegFor(source, folder)), ...inputOf(source), ...output], signal);
  return path;
}

const ffmpegFor = async ({ path }: Source, output: string): Promise<string[]> => [
  ...(await confinedProgram('ffmpeg', { input: dirname(path), output })),
  ...COMMON,
];
const inputOf = ({ path, contentType }: Source) => [...inputOptions(contentType), '-i', path];

/** Past the last frame ffmpeg writes nothing and exits with 0. */
const exists = (path: string) =>
  stat(path).then(
    ({ size }) => size > 0,
    () => false,
  );
