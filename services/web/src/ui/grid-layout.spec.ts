import { itemBeside, layOut, measuresFor, rowOf, rowsBetween } from './grid-layout';

const measures = {
  ...measuresFor(0, 16),
  columns: 3,
  cellWidth: 100,
  cellHeight: 100,
  rowGap: 20,
  headingHeight: 20,
  headingGap: 10,
};
const inMonth = (month: string, count: number) =>
  Array.from({ length: count }, () => ({ createdAt: `2026-${month}-15T12:00:00Z` }));
const november = inMonth('11', 4);
const october = inMonth('10', 2);

test('each month begins a new row under its heading', () => {
  const { rows, height } = layOut([...november, ...october], 6, measures);
  expect(rows.map(({ kind, top, from, to }) => [kind, top, from, to])).toEqual([
    ['heading', 0, 0, 0],
    ['cells', 30, 0, 3],
    ['cells', 150, 3, 4],
    ['heading', 270, 4, 4],
    ['cells', 300, 4, 6],
  ]);
  expect(height).toBe(400);
});

test('reserves rows for items that are not loaded', () => {
  const { rows, height } = layOut(november, 100, measures);
  expect(rows.at(-1)).toMatchObject({ from: 97, to: 100 });
  expect(height).toBe(30 + 34 * 120 - 20);
});

test('an empty library has no height', () => {
  expect(layOut([], 0, measures)).toMatchObject({ rows: [], height: 0 });
});

test('returns only the rows within a range, also of ten thousand items', () => {
  const layout = layOut(inMonth('11', 10_000), 10_000, measures);
  const rows = rowsBetween(layout, 200_000, 201_000);
  expect(rows.length).toBeLessThan(12);
  expect(rows[0]!.top + rows[0]!.height).toBeGreaterThan(200_000);
  expect(rows.at(-1)!.top).toBeLessThan(201_000);
  expect(rowsBetween(layout, -500, 0)).toEqual([]);
  expect(rowsBetween(layout, layout.height + 1, layout.height + 500)).toEqual([]);
});

test('finds the row of an item', () => {
  const layout = layOut([...november, ...october], 6, measures);
  expect(rowOf(layout, 3)).toMatchObject({ kind: 'cells', top: 150 });
  expect(rowOf(layout, 4)).toMatchObject({ kind: 'cells', top: 300 });
  expect(rowOf(layout, 6)).toBeUndefined();
});

test.each([
  [0, 'ArrowRight', 1],
  [3, 'ArrowLeft', 2],
  [0, 'ArrowDown', 3],
  [2, 'ArrowDown', 3],
  [3, 'ArrowDown', 4],
  [5, 'ArrowUp', 3],
  [1, 'ArrowUp', 1],
])('from %i, %s leads to %i', (from, key, to) => {
  expect(itemBeside(layOut([...november, ...october], 6, measures), from, key)).toBe(to);
});

test.each([
  [288, 2],
  [600, 3],
  [1000, 5],
  [1680, 8],
])('%i px wide: %i columns that fill it', (width, columns) => {
  const found = measuresFor(width, 16);
  expect(found.columns).toBe(columns);
  expect(found.columns * found.cellWidth + (columns - 1) * found.columnGap).toBeCloseTo(width);
});
