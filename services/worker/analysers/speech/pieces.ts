/** A part of a sound. */
export interface Piece {
  startSeconds: number;
  endSeconds: number;
}

export interface PieceLimits {
  shortestSeconds: number;
  longestSeconds: number;
}

/** What one level stands for. */
export const FRAME_SECONDS = 0.1;
/** -55 dBFS: below the noise of a microphone in a quiet place, and far below speech. */
const SILENT_BELOW = 10 ** (-55 / 20);
/** A cut needs a pause of this length: between two words rather than between two sounds of one. */
const PAUSE_FRAMES = 5;
/** The last piece is not shorter: servers refuse sounds of less than 0.1 s. */
const LEAST_REMAINDER_FRAMES = 10;

/**
 * Cuts a sound into pieces where it is quietest. Unlike a search for silences, it finds a place in music, too.
 * @param levels RMS of each 0.1 s, 0..1
 */
export function cutAtQuiet(levels: Float32Array, { shortestSeconds, longestSeconds }: PieceLimits): Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  while (start < levels.length) {
    const isLast = levels.length - start <= frames(longestSeconds);
    const latest = Math.min(start + frames(longestSeconds), levels.length - LEAST_REMAINDER_FRAMES);
    const end = isLast ? levels.length : quietestFrame(levels, start + frames(shortestSeconds), latest);
    pieces.push({ startSeconds: start * FRAME_SECONDS, endSeconds: end * FRAME_SECONDS });
    start = end;
  }
  return pieces;
}

const frames = (seconds: number) => Math.round(seconds / FRAME_SECONDS);

/** Whether no part of it is louder than the noise of a microphone. */
export function isSilent(levels: Float32Array, { startSeconds, endSeconds }: Piece): boolean {
  const first = Math.min(Math.floor(startSeconds / FRAME_SECONDS), levels.length - 1);
  const last = Math.max(Math.ceil(endSeconds / FRAME_SECONDS), first + 1); // a moment is part of a frame
  return levels.subarray(first, last).every((level) => level < SILENT_BELOW);
}

/** The middle of the quietest pause; the latest one among equals. */
function quietestFrame(levels: Float32Array, from: number, to: number): number {
  let best = { frame: to, power: Number.POSITIVE_INFINITY };
  for (let frame = from; frame <= to; frame += 1) {
    const pause = levels.subarray(frame - Math.floor(PAUSE_FRAMES / 2), frame + Math.ceil(PAUSE_FRAMES / 2));
    const power = pause.reduce((sum, level) => sum + level ** 2, 0);
    if (power <= best.power) best = { frame, power };
  }
  return best.frame;
}
