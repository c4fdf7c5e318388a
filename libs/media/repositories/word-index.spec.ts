import { aMedium } from '#testing';
import { matches, wordsOf } from './word-index';

const medium = aMedium({
  title: '京都の紅葉と清水寺の夜景',
  filename: 'DSC_0042.JPG',
  tags: ['Café', 'Überlingen'],
  description: 'With the whole family 🎂 ภาพถ่ายทะเล',
});

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
  ])('match %s', (_, query) => {
    expect(matches(medium, wordsOf(query))).toBe(true);
  });

  it.each([
    ['the middle of a word with blanks around it', 'amily'],
    ['a character that is missing', '清水時'],
    ['one of two words', 'family dog'],
  ])('do not match %s', (_, query) => {
    expect(matches(medium, wordsOf(query))).toBe(false);
  });

  it('index 200 words of a medium at most', () => {
    const description = Array.from({ length: 300 }, (_, index) => `w${index}x`).join(' ');
    const long = aMedium({ title: '', filename: '', tags: [], description });
    expect([matches(long, ['w199x']), matches(long, ['w200x'])]).toEqual([true, false]);
  });
});
