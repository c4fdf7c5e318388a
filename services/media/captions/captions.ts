import { wrap } from './wrap';

/** What captions are made of. Times in seconds of the medium. */
export interface Speech {
  /** BCP 47; null when unknown. */
  language: string | null;
  segments: ReadonlyArray<{ startSeconds: number; endSeconds: number; text: string }>;
}

/** Times in milliseconds. */
interface Cue {
  start: number;
  end: number;
  lines: string[];
}

/** Two lines of 42 characters, as the BBC's and Netflix' guidelines for subtitles have it. */
const LINE_LENGTH = 42;
const LINES_PER_CUE = 2;
/** The end of a cue must be after its start (WebVTT, section 4.1), and a reader needs a moment. */
const SHORTEST_CUE_MS = 500;
/** A longer pause begins a paragraph. */
const PARAGRAPH_PAUSE_S = 2;

/** Writes WebVTT (https://www.w3.org/TR/webvtt1/). */
export function toVtt(speech: Speech): string {
  const cues = toCues(speech).map(
    ({ start, end, lines }) => `${timestamp(start, '.')} --> ${timestamp(end, '.')}\n${escape(lines.join('\n'))}\n\n`,
  );
  return `WEBVTT\n\n${cues.join('')}`;
}

/** Writes SubRip, which has no escapes: an arrow in the speech is written as another one. */
export function toSrt(speech: Speech): string {
  return toCues(speech)
    .map(({ start, end, lines }, index) => {
      const text = lines.join('\n').replaceAll('-->', '->');
      return `${index + 1}\n${timestamp(start, ',')} --> ${timestamp(end, ',')}\n${text}\n\n`;
    })
    .join('');
}

/** Writes the speech as paragraphs of plain text. */
export function toTranscript(speech: Speech): string {
  const segments = cleanSegments(speech);
  const parts = segments.map(({ startSeconds, text }, index) => {
    const previous = segments[index - 1];
    if (!previous) return text;
    if (startSeconds - previous.endSeconds > PARAGRAPH_PAUSE_S) return `\n\n${text}`;
    return endsWithoutBlank.test(previous.text) ? text : ` ${text}`;
  });
  return parts.length === 0 ? '' : `${parts.join('')}\n`;
}

/** Scripts without blanks between sentences, with their punctuation. */
const endsWithoutBlank = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}。、，！？」』]$/u;

function toCues(speech: Speech): Cue[] {
  const segments = cleanSegments(speech);
  return segments.flatMap(({ startSeconds, endSeconds, text }, index) => {
    const start = Math.round(startSeconds * 1_000);
    const next = Math.round((segments[index + 1]?.startSeconds ?? Number.POSITIVE_INFINITY) * 1_000);
    const latest = next > start ? next : Number.POSITIVE_INFINITY; // players would show both at once
    const end = Math.min(Math.max(Math.round(endSeconds * 1_000), start + SHORTEST_CUE_MS), latest);
    return divide({ start, end }, wrap(text, LINE_LENGTH, speech.language));
  });
}

/** Divides the time of a segment among its cues, by the length of their texts. */
function divide({ start, end }: { start: number; end: number }, lines: string[]): Cue[] {
  const total = lengthOf(lines);
  const timeAt = (line: number) => start + Math.round((end - start) * (lengthOf(lines.slice(0, line)) / total));
  return Array.from({ length: Math.ceil(lines.length / LINES_PER_CUE) }, (_, cue) => {
    const [first, last] = [cue * LINES_PER_CUE, (cue + 1) * LINES_PER_CUE];
    return { start: timeAt(first), end: timeAt(last), lines: lines.slice(first, last) };
  });
}

const lengthOf = (lines: string[]) => lines.reduce((sum, line) => sum + line.length, 0);

/** In order of time, on one line each, without control characters and without segments that say nothing. */
function cleanSegments({ segments }: Speech): Array<Speech['segments'][number]> {
  return segments
    .map(({ startSeconds, endSeconds, text }) => ({
      startSeconds: Math.max(0, startSeconds),
      endSeconds,
      text: text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim(),
    }))
    .filter(({ text }) => text !== '')
    .toSorted((a, b) => a.startSeconds - b.startSeconds);
}

function timestamp(ms: number, decimalPoint: string): string {
  const clock = [ms / 3_600_000, (ms / 60_000) % 60, (ms / 1_000) % 60].map((value) => pad(value, 2)).join(':');
  return `${clock}${decimalPoint}${pad(ms % 1_000, 3)}`;
}

const pad = (value: number, digits: number) => String(Math.floor(value)).padStart(digits, '0');

const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
