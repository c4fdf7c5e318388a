const MAX_WORD_LENGTH = 40;

/** Scripts that are written without blanks between words: a word can begin at any of their characters. */
const UNSPACED = `ー${['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .map((script) => `\\p{Script=${script}}`)
  .join('')}`;
const isUnspaced = new RegExp(`[${UNSPACED}]`, 'u');
const WORD = new RegExp(`[${UNSPACED}]+|(?:(?![${UNSPACED}])[\\p{L}\\p{N}])+|\\p{Extended_Pictographic}`, 'gu');

const normalize = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** Splits a text into normalized words: without case, accents and punctuation. */
const split = (text: string): string[][] => (normalize(text).match(WORD) ?? []).map((word) => [...word]);

const pairsOf = (characters: string[]) => characters.slice(1).map((character, at) => characters[at]! + character);

/** Returns the words of a search. Text without blanks is searched by its pairs of characters. */
export const wordsOf = (text: string): string[] => [
  ...new Set(
    split(text).flatMap((word) =>
      isUnspaced.test(word[0]!) && word.length > 1 ? pairsOf(word) : [word.slice(0, MAX_WORD_LENGTH).join('')],
    ),
  ),
];

/** As `wordsOf`, and with the last character of text without blanks, which begins no pair. */
export function indexedWords(text: string): string[] {
  const lastCharacters = split(text).flatMap((word) => (isUnspaced.test(word[0]!) ? [word.at(-1)!] : []));
  return [...new Set([...wordsOf(text), ...lastCharacters])];
}

/** The words of a text in their order, normalized and separated by one blank each, to find phrases in. */
export const phraseText = (text: string): string =>
  split(text)
    .map((word) => word.join(''))
    .join(' ');

/** Whether words stand together in a text; both as `phraseText` returns them. */
export const hasPhrase = (text: string, phrase: string): boolean =>
  isUnspaced.test(phrase) ? text.includes(phrase) : ` ${text} `.includes(` ${phrase} `);

/** Returns where in a text the first word is that begins with one of `starts`, normalized; 0 if there is none. */
export function positionOf(text: string, starts: readonly string[]): number {
  for (const { 0: found, index } of text.matchAll(WORD_IN_TEXT)) {
    const word = normalize(found);
    if (starts.some((start) => word.startsWith(start) || (isUnspaced.test(start) && word.includes(start))))
      return index;
  }
  return 0;
}

/** As `WORD`, in a text with its accents. */
const WORD_IN_TEXT = new RegExp(
  `[${UNSPACED}\\p{M}]+|(?:(?![${UNSPACED}])[\\p{L}\\p{N}\\p{M}])+|\\p{Extended_Pictographic}`,
  'gu',
);

/** Words that are in nearly every English text: what is said is not indexed by them. */
const STOP_WORDS = new Set(
  (
    'a about all also an and are as at be been but by can did do does for from get got had has have he her him his i ' +
    'if in into is it its just like me my no not now of on or our out she so than that the their them then there ' +
    'they this to too up us was we well were what when which who will with would you your'
  ).split(' '),
);

export const isStopWord = (word: string): boolean => STOP_WORDS.has(word);
