/**
 * Breaks a text into lines of at most `length` UTF-16 code units, between words where it can. Words are found by the
 * rules of Unicode (UAX 29) and dictionaries, so that scripts without blanks (Chinese, Japanese, Thai) break well, too.
 * @param language BCP 47; null when unknown
 */
export function wrap(text: string, length: number, language: string | null): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of wordsOf(text, localeOf(language)).flatMap((part) => cutToLength(part, length))) {
    if ((line + word).trimEnd().length > length) {
      lines.push(line.trim());
      line = word.trimStart();
    } else line += word;
  }
  return [...lines, line.trim()].filter((each) => each !== '');
}

/** Returns words, each with the punctuation that follows it and the blank before it: none begins a line. */
function wordsOf(text: string, locale: string | undefined): string[] {
  const words: string[] = [];
  let isOpen = false;
  for (const { segment, isWordLike } of new Intl.Segmenter(locale, { granularity: 'word' }).segment(text)) {
    const begins = isWordLike ? !isOpen : /^[\s\p{Ps}\p{Pi}]/u.test(segment) && !isOpen;
    if (begins || words.length === 0) words.push(segment);
    else words.push(`${words.pop()}${segment}`);
    // the word after a blank or an opening bracket belongs to it
    isOpen = !isWordLike && /[\s\p{Ps}\p{Pi}]$/u.test(segment);
  }
  return words;
}

/** Cuts a word that is longer than a line between characters as a reader sees them (grapheme clusters). */
function cutToLength(word: string, length: number): string[] {
  if (word.trim().length <= length) return [word];
  const parts = [''];
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(word)) {
    if ((parts.at(-1)! + segment).trimStart().length > length) parts.push('');
    parts.push(parts.pop()! + segment);
  }
  return parts;
}

/** A transcription server may name a language that Intl does not know. */
function localeOf(language: string | null): string | undefined {
  try {
    return language === null ? undefined : Intl.getCanonicalLocales(language)[0];
  } catch {
    return undefined;
  }
}
