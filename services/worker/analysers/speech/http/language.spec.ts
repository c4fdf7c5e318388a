import { languageCode } from './language';

describe('the code of a language', () => {
  it.each([
    ['english', 'en'],
    ['German', 'de'],
    ['de', 'de'],
    ['haitian creole', 'ht'],
    ['nynorsk', 'nn'],
    ['cantonese', 'yue'],
    ['luxembourgish', 'lb'],
    ['myanmar', 'my'],
    ['javanese', 'jv'],
    ['klingon', null],
    ['', null],
  ])('of %s is %s', (name, code) => {
    expect(languageCode(name)).toBe(code);
  });
});
