import { updateMediaRequest } from './api';
import { cleanLine, cleanText } from './text';

describe('cleanText', () => {
  it.each([
    ['nul\u0000, esc\u001b[31m, bell\u0007', 'nul, esc[31m, bell'],
    ['photo\u202egpj.exe', 'photogpj.exe'],
    ['\u2066isolated\u2069 \u200fright\u061c', 'isolated right'],
    ['one\r\ntwo\u2028three\tfour', 'one\ntwo\nthree\tfour'],
    ['\ufeff  e\u0301 \ud800 ', 'é \ufffd'],
    ['👩\u200d👧 کتاب\u200cها', '👩\u200d👧 کتاب\u200cها'],
  ])('%j becomes %j', (given, clean) => {
    expect(cleanText(given)).toBe(clean);
  });
});

test('cleanLine has no line breaks', () => {
  expect(cleanLine('one \n two\tthree\u0000')).toBe('one two three');
});

test('title, description and tags are cleaned', () => {
  const given = { title: 'a\u202eb\nc', description: 'a\u001b\nb', tags: ['x\u0000', 'x', ' y\u200b '] };
  expect(updateMediaRequest.parse(given)).toEqual({ title: 'ab c', description: 'a\nb', tags: ['x', 'y'] });
  expect(updateMediaRequest.safeParse({ title: '\u202e\u0000' }).success).toBe(false);
  expect(updateMediaRequest.safeParse({ tags: ['\u200b'] }).success).toBe(false);
});
