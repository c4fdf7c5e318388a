import type { AnalyserName, AnalyserResults, SearchField } from '#contracts';
import type { MediaItem } from '../media.item';
import { indexedWords, isStopWord } from './words';

/** Where the words of a row come from: what its owner and file call a medium, or what an analyser found in it. */
export const searchSources = ['names', 'labels', 'text', 'speech'] as const;
export type SearchSource = (typeof searchSources)[number];

/** A piece of text of a medium. `atSeconds`: where in a film or sound. */
export interface SearchPart {
  field: SearchField;
  text: string;
  atSeconds: number | null;
}

type Named = Pick<MediaItem, 'title' | 'filename' | 'tags' | 'description'>;
type Found = Pick<MediaItem, 'labels' | 'flagged'>;

/** The most words of a medium that are indexed, by their source. */
const MAX_WORDS: Record<SearchSource, number> = { names: 200, labels: 100, text: 300, speech: 2_000 };

const part = (field: SearchField, text: string, atSeconds: number | null = null): SearchPart => ({
  field,
  text,
  atSeconds,
});

export const namedParts = ({ title, filename, tags, description }: Named): SearchPart[] => [
  part('title', title),
  ...tags.map((tag) => part('tags', tag)),
  part('filename', filename),
  part('description', description),
];

export const labelParts = ({ labels = [] }: Found): SearchPart[] => labels.map((label) => part('labels', label));

const textParts = ({ lines }: AnalyserResults['text']): SearchPart[] =>
  lines.map(({ text, atSeconds }) => part('text', text, atSeconds));

const speechParts = ({ segments }: AnalyserResults['speech']): SearchPart[] =>
  segments.map(({ text, startSeconds }) => part('speech', text, startSeconds));

/** Returns the parts of a result that are searched; none for analysers that find no words. */
export function resultParts<N extends AnalyserName>(analyser: N, result: AnalyserResults[N]): SearchPart[] {
  if (analyser === 'text') return textParts(result as AnalyserResults['text']);
  return analyser === 'speech' ? speechParts(result as AnalyserResults['speech']) : [];
}

/** Returns the words by which a medium is found in a source. Frequent ones are left out of text and speech. */
export function searchWords(source: SearchSource, parts: readonly SearchPart[]): string[] {
  const words = indexedWords(parts.map(({ text }) => text).join('\n'));
  const isLong = source === 'text' || source === 'speech';
  return (isLong ? words.filter((word) => !isStopWord(word)) : words).slice(0, MAX_WORDS[source]);
}

/** Marks by which filters find media. They are no words: none contains `=`. */
export const labelMark = (label: string) => `=label:${label.normalize('NFC').toLowerCase()}`;
export const FLAGGED_MARK = '=flagged';

/** Returns the words and marks of what analysers found for lists of media. */
export const foundWords = (found: Found): string[] => [
  ...searchWords('labels', labelParts(found)),
  ...(found.labels ?? []).map(labelMark),
  ...(found.flagged ? [FLAGGED_MARK] : []),
];

export const namedWords = (item: Named): string[] => searchWords('names', namedParts(item));
