import { Selection } from './selection';

const list = ['a', 'b', 'c', 'd', 'e'];
const selected = (selection: Selection) => [...selection.ids.value].toSorted().join('');

test('toggles items', () => {
  const selection = new Selection();
  selection.toggle('b');
  selection.toggle('d');
  selection.toggle('b');
  expect(selected(selection)).toBe('d');
});

test('extends a range from the last toggled item in both directions, and keeps the earlier selection', () => {
  const selection = new Selection();
  selection.toggle('a');
  selection.toggle('c');
  selection.extendTo('e', list);
  expect(selected(selection)).toBe('acde');
  selection.extendTo('b', list);
  expect(selected(selection)).toBe('abc');
});

test('extends a range from the item where the keyboard began it', () => {
  const selection = new Selection();
  selection.toggle('a');
  selection.endRange();
  selection.beginAt('c');
  selection.extendTo('d', list);
  expect(selected(selection)).toBe('acd');
});

test('selects one item when there is no anchor', () => {
  const selection = new Selection();
  selection.extendTo('c', list);
  expect(selected(selection)).toBe('c');
});

test('deselects items that left the list, and does not extend a range from them', () => {
  const selection = new Selection();
  selection.toggle('a');
  selection.toggle('c');
  selection.keepOnly(['a', 'b', 'd']);
  expect(selected(selection)).toBe('a');
  selection.extendTo('d', ['a', 'b', 'd']);
  expect(selected(selection)).toBe('ad');
});

test('does not notify when nothing changed', () => {
  const selection = new Selection();
  let changes = 0;
  selection.ids.onChange(() => (changes += 1), new AbortController().signal);
  selection.clear();
  selection.endRange();
  selection.keepOnly([]);
  expect(changes).toBe(0);
});
