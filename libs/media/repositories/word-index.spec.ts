import { aMedium } from '#testing';
import { matchesOf, parseQuery } from '../search/matches';
import { namedParts, namedWords, searchWords } from '../search/search-text';

const medium = aMedium({
  title: '京都の紅葉と清水寺の夜景',
  filename: 'DSC_0042.JPG',
  tags: ['Café', 'Überlingen'],
  description: 'With the whole family 🎂 ภาพถ่ายทะเล',
});
const said = (text: string, atSeconds: number) => ({ field: 'speech' as const, text, atSeconds });
const matches = (query: string) => matchesOf(namedParts(medium), parseQuery(query));

describe('search words', () => {
  it.each([
    ['the beginning of a word', 'fam'],
    ['words in any order', '0042 dsc'],
    ['words without accents and case', 'cafe UBER'],
    ['words of the description', 'whole'],
    ['an emoji', '🎂'],
    ['Chinese characters in the middle', '清水寺'],
    ['one Japanese character at the end', '景'],
    ['Thai in the middle', 'ถ่าย'],
    ['words of several scripts', '紅葉 jpg'],
    ['words that stand together', '"whole family"'],
    ['a phrase without blanks', '"清水寺"'],
  ])('match %s', (_, query) => {
    expect(matches(query)).not.toBeNull();
  });

  it.each([
    ['the middle of a word with blanks around it', 'amily'],
    ['a character that is missing', '清水時'],
    ['one of two words', 'family dog'],
    ['words in quotes that do not stand together', '"with family"'],
    ['a part of a word in quotes', '"whole fam"'],
    ['words in quotes of two fields', '"café überlingen"'],
  ])('do not match %s', (_, query) => {
    expect(matches(query)).toBeNull();
  });

  it('index 200 words of the names of a medium at most, and of speech 2000 that are not in every text', () => {
    const text = Array.from({ length: 3_000 }, (_, index) => `the w${index}x`).join(' ');
    const words = namedWords(aMedium({ title: '', filename: '', tags: [], description: text }));
    expect([words.length, words[0]]).toEqual([200, 'the']);
    const spoken = searchWords('speech', [said(text, 0)]);
    expect([spoken.length, spoken[0]]).toEqual([2_000, 'w0x']);
  });
});

describe('matches', () => {
  it('name the field, the text and the second, the part with the most words first', () => {
    const parts = [
      ...namedParts(aMedium({ title: 'The sea' })),
      said('A dog', 3),
      said('The dog swims in the sea', 7.5),
    ];
    expect(matchesOf(parts, parseQuery('sea dog'))).toEqual([
      { field: 'speech', snippet: 'The dog swims in the sea', atSeconds: 7.5 },
      { field: 'title', snippet: 'The sea', atSeconds: null },
      { field: 'speech', snippet: 'A dog', atSeconds: 3 },
    ]);
  });

  it('are five at most', () => {
    const parts = Array.from({ length: 9 }, (_, second) => said('dog', second));
    expect(matchesOf(parts, parseQuery('dog'))!.map(({ atSeconds }) => atSeconds)).toEqual([0, 1, 2, 3, 4]);
  });

  it('show the text around the word, cut at blanks', () => {
    const text = `${'before '.repeat(40)}the déjà vu ${'behind '.repeat(40)}`;
    const [{ snippet } = { snippet: '' }] = matchesOf([said(text, 0)], parseQuery('deja'))!;
    expect(snippet).toMatch(/^… before (before )+the déjà vu (behind )+…$/);
    expect(snippet.length).toBeLessThan(170);
  });
});
