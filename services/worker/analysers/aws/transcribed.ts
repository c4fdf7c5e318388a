import { z } from 'zod';
import type { AnalyserResults } from '#contracts';

const seconds = z.coerce.number().nonnegative();
/**
 * The output of a transcription job, as far as it is needed
 * (https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html#how-output). Punctuation has no times.
 */
const output = z.object({
  results: z.object({
    language_code: z.string().optional(),
    items: z.array(
      z.object({
        type: z.enum(['pronunciation', 'punctuation']),
        start_time: seconds.optional(),
        end_time: seconds.optional(),
        alternatives: z.array(z.object({ content: z.string() })).min(1),
      }),
    ),
  }),
});

interface Segment {
  startSeconds: number;
  endSeconds: number;
  text: string;
}

/** A pause, or a length, after which a segment ends without the end of a sentence. */
const PAUSE_SECONDS = 1;
const LONGEST_SEGMENT_SECONDS = 10;
const SENTENCE_END = /[.?!。？！]$/;
const WITHOUT_BLANKS = /^(ja|zh|th)\b/;

/**
 * Returns what a transcription job has found: a segment for each sentence.
 * @throws when it is not the output of such a job
 */
export function parseTranscribed(json: string, language: string | null): AnalyserResults['speech'] {
  const { results } = output.parse(JSON.parse(json));
  const code = results.language_code ?? language;
  const blank = WITHOUT_BLANKS.test(code ?? '') ? '' : ' ';
  const segments: Segment[] = [];
  for (const { type, start_time: start = 0, end_time: end = 0, alternatives } of results.items) {
    const { content } = alternatives[0]!;
    const current = segments.at(-1);
    if (type === 'punctuation') {
      if (current) current.text += content;
    } else if (!current || isComplete(current, start)) {
      segments.push({ startSeconds: start, endSeconds: end, text: content });
    } else Object.assign(current, { endSeconds: end, text: `${current.text}${blank}${content}` });
  }
  return { language: segments.length > 0 ? code : null, text: segments.map(({ text }) => text).join(blank), segments };
}

const isComplete = ({ startSeconds, endSeconds, text }: Segment, next: number) =>
  SENTENCE_END.test(text) || next - endSeconds > PAUSE_SECONDS || next - startSeconds > LONGEST_SEGMENT_SECONDS;
