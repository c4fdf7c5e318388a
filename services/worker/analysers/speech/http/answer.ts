import { z } from 'zod';
import type { Transcript } from '../transcribe';
import { languageCode } from './language';

/** `verbose_json`, as far as the servers agree; models without time stamps send `text` only. */
const verboseJson = z.object({
  language: z.string().nullish(),
  text: z.string(),
  segments: z
    .array(
      z.object({
        start: z.number(),
        end: z.number(),
        text: z.string(),
        avg_logprob: z.number().nullish(),
        no_speech_prob: z.number().nullish(),
      }),
    )
    .nullish(),
});
const failure = z.object({ error: z.string() });

/**
 * Parses a response.
 * @param seconds the duration of the sound
 * @returns null when it is neither a transcript nor an error message
 */
export function parseAnswer(text: string, seconds: number): Transcript | { error: string } | null {
  const json = parseJson(text);
  const failed = failure.safeParse(json);
  if (failed.success) return failed.data;
  const { data } = verboseJson.safeParse(json);
  if (!data) return null;
  const segments = data.segments ?? [{ start: 0, end: seconds, text: data.text }];
  return {
    language: languageCode(data.language ?? ''),
    segments: segments
      .filter((segment) => !isInvented(segment))
      .map(({ start, end, text: said }) => ({ startSeconds: start, endSeconds: end, text: said })),
  };
}

/** The thresholds by which Whisper itself takes a segment for silence (`whisper/transcribe.py`). */
const isInvented = ({ no_speech_prob, avg_logprob }: { no_speech_prob?: number | null; avg_logprob?: number | null }) =>
  (no_speech_prob ?? 0) > 0.6 && (avg_logprob ?? 0) < -1;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
