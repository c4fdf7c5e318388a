import { searchFields, type MediaMatch } from '#contracts';
import type { SearchPart } from './search-text';
import { hasPhrase, indexedWords, phraseText, positionOf, wordsOf } from './words';

/** A search. Each word must begin a word of the medium, and the words of each phrase must stand together. */
export interface SearchQuery {
  words: string[];
  /** As `phraseText` returns them. */
  phrases: string[];
}

const MAX_MATCHES = 5;
const MAX_SNIPPET = 160;
const BEFORE_MATCH = 50;

/** Parses what a user typed: words, and phrases in quotes. */
export function parseQuery(q: string): SearchQuery {
  const quoted = [...q.matchAll(/"([^"]+)"/g)].map(([, phrase]) => phraseText(phrase!)).filter(Boolean);
  return { words: wordsOf(q), phrases: quoted.filter((phrase) => phrase.includes(' ') || wordsOf(phrase).length > 1) };
}

interface Scored extends SearchPart {
  score: number;
}

/**
 * Returns where a medium matches, best first: the parts with the most of the searched words, of those the fields in
 * the order of `searchFields`. Null when a word or a phrase is missing.
 */
export function matchesOf(parts: readonly SearchPart[], { words, phrases }: SearchQuery): MediaMatch[] | null {
  const missingWords = new Set(words);
  const missingPhrases = new Set(phrases);
  const scored: Scored[] = [];
  for (const part of parts) {
    const own = indexedWords(part.text);
    const hits = words.filter((start) => own.some((word) => word.startsWith(start)));
    const plain = phrases.length > 0 ? phraseText(part.text) : '';
    const whole = phrases.filter((phrase) => hasPhrase(plain, phrase));
    for (const hit of hits) missingWords.delete(hit);
    for (const phrase of whole) missingPhrases.delete(phrase);
    const isWanted = phrases.length === 0 ? hits.length > 0 : whole.length > 0;
    if (isWanted) scored.push({ ...part, score: hits.length + whole.length * words.length });
  }
  if (missingWords.size > 0 || missingPhrases.size > 0) return null;
  return scored
    .toSorted((a, b) => b.score - a.score || searchFields.indexOf(a.field) - searchFields.indexOf(b.field))
    .slice(0, MAX_MATCHES)
    .map(({ field, text, atSeconds }) => ({ field, snippet: snippetOf(text, words), atSeconds }));
}

/** The text around the first match, cut at blanks. */
function snippetOf(text: string, words: readonly string[]): string {
  if (text.length <= MAX_SNIPPET) return text;
  const at = positionOf(text, words);
  const from = at > BEFORE_MATCH ? text.indexOf(' ', at - BEFORE_MATCH) + 1 || at : 0;
  const start = Math.min(from, at);
  const isWhole = start + MAX_SNIPPET >= text.length;
  const cut = text.slice(start, start + MAX_SNIPPET);
  const end = isWhole ? cut : cut.slice(0, cut.lastIndexOf(' ') > 0 ? cut.lastIndexOf(' ') : MAX_SNIPPET);
  return `${start > 0 ? '… ' : ''}${end.toWellFormed()}${isWhole ? '' : ' …'}`;
}
