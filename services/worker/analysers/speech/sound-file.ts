import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { confinedProgram } from '../../sandbox/confined-program';
import { runProgram } from '../../sandbox/run-program';
import { cutAtQuiet, FRAME_SECONDS, isSilent, type Piece, type PieceLimits } from './pieces';

const SAMPLE_RATE = 16_000;
const FRAME_BYTES = 2 * SAMPLE_RATE * FRAME_SECONDS;

/** How the samples of a piece are written: FLAC to be sent, WAV to be read by a recognizer. */
export type PieceFormat = 'flac' | 'wav';

/** A sound of which the loudness is known, and from which pieces can be taken. */
export interface Sound {
  readonly durationSeconds: number;
  /** Cuts it where it is quietest. */
  pieces(limits: PieceLimits): Piece[];
  isSilent(piece: Piece): boolean;
  /**
   * Writes a piece to a file, 16 kHz and mono, and returns its path. The file of the piece before is deleted.
   * @throws the reason of `signal`
   */
  extract(piece: Piece, format: PieceFormat, signal: AbortSignal): Promise<string>;
}

/**
 * Measures the loudness of a sound by decoding it once.
 * @param path FLAC
 * @param folder for the pieces
 * @throws the reason of `signal`; an error when ffmpeg cannot decode it
 */
export async function openSound(path: string, folder: string, signal: AbortSignal): Promise<Sound> {
  const ffmpeg = await confinedProgram('ffmpeg', { input: dirname(path), output: folder });
  const input = ['-f', 'flac', '-i', path];
  const levels = await readLevels([...ffmpeg, ...COMMON], input, signal);
  return {
    durationSeconds: levels.length * FRAME_SECONDS,
    pieces: (limits) => cutAtQuiet(levels, limits),
    isSilent: (piece) => isSilent(levels, piece),
    async extract({ startSeconds, endSeconds }, format, aborted) {
      const target = join(folder, `piece.${format}`);
      await rm(target, { force: true });
      const part = ['-ss', startSeconds.toFixed(3), '-t', (endSeconds - startSeconds).toFixed(3)];
      await runProgram('ffmpeg', [...ffmpeg, ...COMMON, ...part, ...input, ...OUTPUT, target], aborted);
      return target;
    },
  };
}

const COMMON = ['-nostdin', '-hide_banner', '-loglevel', 'error', '-threads', '1'];
/** Bit-exact: without the version of ffmpeg, which would make equal sounds different files. */
const OUTPUT = ['-ac', '1', '-ar', String(SAMPLE_RATE), '-sample_fmt', 's16', '-bitexact'];

/** Returns the RMS of each 0.1 s, 0..1, without what is too low to be speech (the offset of a sound card, hum). */
async function readLevels(ffmpeg: string[], input: string[], signal: AbortSignal): Promise<Float32Array> {
  const levels: number[] = [];
  let rest = Buffer.alloc(0);
  await runProgram(
    'ffmpeg',
    [...ffmpeg, ...input, '-af', 'highpass=f=80', ...OUTPUT, '-f', 's16le', '-'],
    signal,
    (chunk) => {
      const samples = Buffer.concat([rest, chunk]);
      const whole = Math.floor(samples.length / FRAME_BYTES) * FRAME_BYTES;
      for (let at = 0; at < whole; at += FRAME_BYTES) levels.push(rms(samples.subarray(at, at + FRAME_BYTES)));
      rest = samples.subarray(whole);
    },
  );
  return Float32Array.from(levels);
}

function rms(samples: Buffer): number {
  let sum = 0;
  for (let at = 0; at < samples.length; at += 2) sum += (samples.readInt16LE(at) / 32_768) ** 2;
  return Math.sqrt(sum / (samples.length / 2));
}
