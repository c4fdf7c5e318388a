import type { AnalyserResults } from '#contracts';
import type { OnProgress } from '../analyser';
import type { Piece, PieceLimits } from './pieces';
import type { PieceFormat, Sound } from './sound-file';

/** What was said in a piece; times in seconds of the piece. */
export interface Transcript {
  /** BCP 47; null when unknown. */
  language: string | null;
  segments: Array<{ startSeconds: number; endSeconds: number; text: string }>;
}

export interface PieceTranscriber {
  pieces: PieceLimits;
  format: PieceFormat;
  /** Returns what is said in the file of a piece of this length. */
  transcribe(path: string, seconds: number): Promise<Transcript>;
}

/**
 * Transcribes a sound piece by piece and joins the transcripts. Pieces without sound are not transcribed, and words in
 * a silence are dropped: recognizers invent some there ("Thanks for watching!").
 */
export async function transcribeInPieces(
  sound: Sound,
  { pieces, format, transcribe }: PieceTranscriber,
  signal: AbortSignal,
  onProgress: OnProgress,
): Promise<AnalyserResults['speech']> {
  const transcripts: Transcript[] = [];
  for (const piece of sound.pieces(pieces)) {
    if (!sound.isSilent(piece)) {
      const path = await sound.extract(piece, format, signal);
      transcripts.push(inWhole(sound, piece, await transcribe(path, piece.endSeconds - piece.startSeconds)));
    }
    onProgress((100 * piece.endSeconds) / sound.durationSeconds);
  }
  return join(transcripts);
}

/** Joins transcripts of one recording, in order of time. */
function join(transcripts: Transcript[]): AnalyserResults['speech'] {
  const segments = transcripts.flatMap((transcript) => transcript.segments);
  return { language: mainLanguage(transcripts), text: segments.map(({ text }) => text).join(' '), segments };
}

/** Moves the times of a transcript to those of the whole sound, without what cannot have been said. */
function inWhole(sound: Sound, piece: Piece, { language, segments }: Transcript): Transcript {
  const toWhole = (seconds: number) => {
    const bounded = Math.min(Math.max(piece.startSeconds + seconds, piece.startSeconds), piece.endSeconds);
    return Math.round(bounded * 1_000) / 1_000;
  };
  return {
    language,
    segments: segments
      .map(({ startSeconds, endSeconds, text }) => ({
        startSeconds: toWhole(startSeconds),
        endSeconds: toWhole(Math.max(startSeconds, endSeconds)),
        text: text.trim(),
      }))
      .filter((segment) => segment.text !== '' && !sound.isSilent(segment)),
  };
}

/** The language in which most was said: a recognizer may take one piece for another language. */
function mainLanguage(transcripts: Transcript[]): string | null {
  const lengths = new Map<string, number>();
  for (const { language, segments } of transcripts) {
    const length = segments.reduce((sum, { text }) => sum + text.length, 0);
    if (language !== null && length > 0) lengths.set(language, (lengths.get(language) ?? 0) + length);
  }
  return [...lengths].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? null;
}
