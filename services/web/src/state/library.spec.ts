import type { Media } from '#contracts';
import {
  appendPage,
  applyMediaUpdate,
  countOf,
  filterFrom,
  libraryPath,
  neighbours,
  queryOf,
  type LibraryState,
} from './library';

const medium = (id: string, changes: Partial<Media> = {}): Media =>
  ({
    id,
    status: 'completed',
    kind: 'image',
    round: 1,
    progress: 100,
    updatedAt: '2026-11-22T12:00:00.000Z',
    ...changes,
  }) as Media;
const state = (ids: string[], nextCursor: string | null = null): LibraryState => ({
  items: ids.map((id) => medium(id)),
  cursor: nextCursor,
  more: nextCursor !== null,
});
const ids = ({ items }: LibraryState) => items.map(({ id }) => id);
const all = { status: '', kind: '', q: '', label: '', flagged: '', order: '' };
const oldestFirst = { ...all, order: 'asc' };

test('converts the filter to the address and back, without unset fields', () => {
  const filter = { ...all, status: 'failed', q: 'sea & sun', order: 'asc' };
  expect(queryOf(filter).toString()).toBe('status=failed&q=sea+%26+sun&order=asc');
  expect(libraryPath(all)).toBe('/media');
  expect(filterFrom(queryOf(filter))).toEqual(filter);
});

test.each([
  ['status=bogus&kind=paper&order=sideways', all],
  ['status=Failed', all],
  [`q=+${'x'.repeat(500)}`, { ...all, q: 'x'.repeat(200) }],
])('omits values that the API would reject: %s', (address, filter) => {
  expect(filterFrom(new URLSearchParams(address))).toEqual(filter);
});

test('a page adds only items that are not loaded', () => {
  expect(ids(appendPage(state(['d', 'c']), { items: [medium('c'), medium('b')], nextCursor: null }))).toEqual([
    'd',
    'c',
    'b',
  ]);
});

describe('applyMediaUpdate', () => {
  test('puts a new medium first', () => {
    expect(ids(applyMediaUpdate(state(['b', 'a']), medium('c'), all))).toEqual(['c', 'b', 'a']);
  });

  test('replaces a known medium in place', () => {
    const next = applyMediaUpdate(
      state(['b', 'a']),
      medium('a', { title: 'new', updatedAt: '2026-11-22T12:00:01.000Z' }),
      all,
    );
    expect(next.items.map(({ title }) => title)).toEqual([undefined, 'new']);
  });

  test('ignores an older version', () => {
    const before = state(['a']);
    expect(applyMediaUpdate(before, medium('a', { status: 'processing' }), all)).toBe(before);
  });

  test('removes a medium that no longer matches the filter', () => {
    const next = applyMediaUpdate(state(['b', 'a']), medium('a', { status: 'uploaded', round: 2 }), {
      ...all,
      status: 'completed',
    });
    expect(ids(next)).toEqual(['b']);
  });

  test('adds nothing during a search', () => {
    expect(ids(applyMediaUpdate(state(['a']), medium('c'), { ...all, q: 'x' }))).toEqual(['a']);
  });

  test('does not add a medium of a page that is not loaded', () => {
    expect(ids(applyMediaUpdate(state(['d', 'c'], 'more'), medium('a'), all))).toEqual(['d', 'c']);
    expect(ids(applyMediaUpdate(state([], 'more'), medium('a'), all))).toEqual([]);
  });

  test('oldest first, appends a new medium once all others are loaded', () => {
    expect(ids(applyMediaUpdate(state(['a', 'b']), medium('c'), oldestFirst))).toEqual(['a', 'b', 'c']);
    expect(ids(applyMediaUpdate(state(['a', 'b'], 'more'), medium('d'), oldestFirst))).toEqual(['a', 'b']);
  });
});

test('returns the neighbours in the order of the list', () => {
  const { previous, next } = neighbours(state(['c', 'b', 'a']).items, 'b');
  expect([previous?.id, next?.id]).toEqual(['c', 'a']);
  expect(neighbours([], 'b')).toEqual({ previous: null, next: null });
});

test('counts all items and those of a status without a request', () => {
  const stats = {
    total: 9,
    uploaded: 1,
    processing: 2,
    completed: 4,
    failed: 2,
    bytes: 0,
    originalBytes: 0,
    quotaBytes: null,
    maxUploadBytes: 1,
    acceptsHeic: true,
    directUploads: false,
  };
  expect(countOf(all, stats)).toBe(9);
  expect(countOf({ ...all, status: 'failed' }, stats)).toBe(2);
  expect(countOf({ ...all, kind: 'image' }, stats)).toBeNull();
  expect(countOf(all, null)).toBeNull();
});
