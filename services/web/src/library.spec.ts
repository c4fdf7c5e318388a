import type { Media } from '#contracts';
import { appendPage, applyNews, filterFrom, neighbours, queryOf, type LibraryState } from './library';

const medium = (id: string, changes: Partial<Media> = {}): Media =>
  ({ id, status: 'completed', kind: 'image', round: 1, progress: 100, updatedAt: '2026-11-22T12:00:00.000Z', ...changes }) as Media;
const state = (ids: string[], nextCursor: string | null = null): LibraryState => ({ key: '', items: ids.map((id) => medium(id)), nextCursor });
const ids = ({ items }: LibraryState) => items.map(({ id }) => id);
const all = { status: '', kind: '', q: '' };

test('the filter goes to the address and back; what is not set is not there', () => {
  const filter = { status: 'failed', kind: '', q: 'sea & sun' };
  expect(queryOf(filter).toString()).toBe('status=failed&q=sea+%26+sun');
  expect(filterFrom(queryOf(filter))).toEqual(filter);
});

test('a page adds only what is not there yet', () => {
  expect(ids(appendPage(state(['d', 'c']), { items: [medium('c'), medium('b')], nextCursor: null }))).toEqual(['d', 'c', 'b']);
});

describe('news', () => {
  test('a new medium comes first', () => {
    expect(ids(applyNews(state(['b', 'a']), medium('c'), all))).toEqual(['c', 'b', 'a']);
  });

  test('a known one is replaced in place', () => {
    const next = applyNews(state(['b', 'a']), medium('a', { title: 'new', updatedAt: '2026-11-22T12:00:01.000Z' }), all);
    expect(next.items.map(({ title }) => title)).toEqual([undefined, 'new']);
  });

  test('what is older than what is shown changes nothing', () => {
    const before = state(['a']);
    expect(applyNews(before, medium('a', { status: 'processing' }), all)).toBe(before);
  });

  test('what left the filter leaves the list', () => {
    const next = applyNews(state(['b', 'a']), medium('a', { status: 'uploaded', round: 2 }), { ...all, status: 'completed' });
    expect(ids(next)).toEqual(['b']);
  });

  test('during a search nothing unasked comes in', () => {
    expect(ids(applyNews(state(['a']), medium('c'), { ...all, q: 'x' }))).toEqual(['a']);
  });

  test('what belongs to a later page waits for it', () => {
    expect(ids(applyNews(state(['d', 'c'], 'more'), medium('a'), all))).toEqual(['d', 'c']);
  });
});

test('neighbours in the order of the list', () => {
  const { previous, next } = neighbours(state(['c', 'b', 'a']), 'b');
  expect([previous?.id, next?.id]).toEqual(['c', 'a']);
  expect(neighbours(null, 'b')).toEqual({ previous: null, next: null });
});
