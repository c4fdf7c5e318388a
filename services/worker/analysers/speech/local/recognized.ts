import { z } from 'zod';
import type { Transcript } from '../transcribe';

export const jobSchema = z.object({ path: z.string() });
export type RecognitionJob = z.infer<typeof jobSchema>;

/** What sherpa-onnx finds in a piece. Times of the tokens in seconds; some models have none. */
export const recognizedSchema = z.object({
  text: z.string(),
  tokens: z.array(z.string()),
  timestamps: z.array(z.number()),
  /** Of multilingual models, else empty. */
  lang: z.string(),
});
export type Recognized = z.infer<typeof recognizedSchema>;

/** A pause, or a length, after which a segment ends without the end of a sentence. */
const PAUSE_SECONDS = 0.8;
const LONGEST_SEGMENT_SECONDS = 7;
/** How long the last token of a segment lasts, since models name the beginnings only. */
const TOKEN_SECONDS = 0.3;
const SENTENCE_END = /[.?!。？！]$/;

/** Groups the tokens to segments that begin with a word. */
export function toTranscript({ text, tokens, timestamps, lang }: Recognized, seconds: number): Transcript {
  const language = /[a-z]{2,3}/.exec(lang)?.[0] ?? null;
  if (tokens.length === 0 || tokens.length !== timestamps.length)
    return { language, segments: text.trim() ? [{ startSeconds: 0, endSeconds: seconds, text }] : [] };
  const segments: Transcript['segments'] = [];
  for (const [index, token] of tokens.entries()) {
    const [start, current, part] = [timestamps[index]!, segments.at(-1), token.replaceAll('▁', ' ')];
    const end = Math.min(start + TOKEN_SECONDS, seconds);
    if (!current || (part.startsWith(' ') && isComplete(current, start)))
      segments.push({ startSeconds: start, endSeconds: end, text: part });
    else Object.assign(current, { endSeconds: end, text: current.text + part });
  }
  return { language, segments };
}

const isComplete = ({ startSeconds, endSeconds, text }: Transcript['segments'][number], next: number) =>
  SENTENCE_END.test(text) || next - endSeconds > PAUSE_SECONDS || next - startSeconds > LONGEST_SEGMENT_SECONDS;
