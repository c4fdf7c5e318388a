import { Selection } from './selection';

const list = ['a', 'b', 'c', 'd', 'e'];
const selected = (selection: Selection) => [...selection.ids.value].toSorted().join('');

test('one after the other, and back', () => {
  const selection = new Selection();
  selection.toggle('b');
  selection.toggle('d');
  selection.toggle('b');
  expect(selected(selection)).toBe('d');
});

test('a range goes from the last one that was chosen, both ways, beside what was selected before', () => {
  const selection = new Selection();
  selection.toggle('a');
  selection.toggle('c');
  selection.extendTo('e', list);
  expect(selected(selection)).toBe('acde');
  selection.extendTo('b', list);
  expect(selected(selection)).toBe('abc');
});

test('a range that was begun with the keyboard goes from where one stood', () => {
  const selection = new Selection();
  selection.toggle('a');
  selection.endRange();
  selection.beginAt('c');
  selection.extendTo('d', list);
  expect(selected(selection)).toBe('acd');
});

test('without an anchor a range is the one item', () => {
  const selection = new Selection();
  selection.extendTo('c', list);
  expect(selected(selection)).toBe('c');
});

test('what left the list is no longer selected, and no range goes from there', () => {
  const selection = new Selection();
  selection.toggle('a');
  selection.toggle('c');
  selection.keepOnly(['a', 'b', 'd']);
  expect(selected(selection)).toBe('a');
  selection.extendTo('d', ['a', 'b', 'd']);
  expect(selected(selection)).toBe('ad');
});

test('nobody is told when nothing changed', () => {
  const selection = new Selection();
  let changes = 0;
  selection.ids.onChange(() => (changes += 1), new AbortController().signal);
  selection.clear();
  selection.endRange();
  selection.keepOnly([]);
  expect(changes).toBe(0);
});
