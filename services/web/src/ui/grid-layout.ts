/** Lengths in CSS pixels. */
export interface GridMeasures {
  columns: number;
  cellWidth: number;
  cellHeight: number;
  columnGap: number;
  rowGap: number;
  headingHeight: number;
  /** Space between a heading and its cards. */
  headingGap: number;
}

interface Span {
  top: number;
  height: number;
}

/** A heading (`from` is the first item under it, `to` the same) or a row of the items `from` until `to`. */
export interface GridRow extends Span {
  kind: 'heading' | 'cells';
  from: number;
  to: number;
}

export interface GridLayout {
  rows: readonly GridRow[];
  height: number;
  measures: GridMeasures;
}

/** Computes the measures as CSS `auto-fill` does: columns of at least 11.5rem, and never fewer than two. */
export function measuresFor(width: number, remPx: number): GridMeasures {
  const columnGap = remPx;
  const columns = Math.max(2, Math.floor((width + columnGap) / (11.5 * remPx + columnGap)));
  const cellWidth = (width - (columns - 1) * columnGap) / columns;
  return {
    columns,
    cellWidth,
    cellHeight: cellWidth * 0.75 + 3.5 * remPx,
    columnGap,
    rowGap: 1.25 * remPx,
    headingHeight: 1.5 * remPx,
    headingGap: 0.75 * remPx,
  };
}

/**
 * Computes the positions of all rows without building elements. Items of one month are grouped under a heading; items
 * that are not loaded yet (`expected` counts all) follow as placeholders, so that the page has its full height.
 */
export function layOut(items: readonly { createdAt: string }[], expected: number, measures: GridMeasures): GridLayout {
  const rows: GridRow[] = [];
  let top = 0;
  const add = (kind: GridRow['kind'], from: number, to: number): void => {
    const [height, gap] =
      kind === 'heading' ? [measures.headingHeight, measures.headingGap] : [measures.cellHeight, measures.rowGap];
    rows.push({ kind, top, height, from, to });
    top += height + gap;
  };
  for (const [from, to] of groups(items)) {
    add('heading', from, from);
    for (let at = from; at < to; at += measures.columns) add('cells', at, Math.min(to, at + measures.columns));
  }
  for (let at = items.length; at < expected; at += measures.columns)
    add('cells', at, Math.min(expected, at + measures.columns));
  return { rows, height: Math.max(0, top - measures.rowGap), measures };
}

/** Returns the rows that overlap the range from `top` to `bottom`. */
export function rowsBetween<Row extends Span>(
  { rows }: { rows: readonly Row[] },
  top: number,
  bottom: number,
): readonly Row[] {
  const first = firstRow(rows, (row) => row.top + row.height > top);
  const end = firstRow(rows, (row) => row.top >= bottom);
  return rows.slice(first, Math.max(first, end));
}

/** Returns the row of an item. */
export function rowOf({ rows }: GridLayout, index: number): GridRow | undefined {
  return index < 0 ? undefined : rows[firstRow(rows, ({ to }) => to > index)];
}

/** Returns the index to which a key moves; it may be outside the list. Up and down keep the column across months. */
export function itemBeside(layout: GridLayout, index: number, key: string): number {
  if (key === 'Home') return 0;
  if (key === 'End') return Infinity;
  if (key === 'ArrowLeft') return index - 1;
  if (key === 'ArrowRight') return index + 1;
  const rows = layout.rows.filter(({ kind }) => kind === 'cells');
  const at = rows.findIndex(({ to }) => to > index);
  const target = rows[key === 'ArrowUp' ? at - 1 : at + 1];
  if (!target) return index;
  return Math.min(target.from + index - (rows[at]?.from ?? 0), target.to - 1);
}

/** Binary search, because a list of ten thousand items is searched in every frame of scrolling. */
function firstRow<Row>(rows: readonly Row[], isBeyond: (row: Row) => boolean): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row && isBeyond(row)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function groups(items: readonly { createdAt: string }[]): [from: number, to: number][] {
  const found: [number, number][] = [];
  let month = Number.NaN;
  for (const [index, { createdAt }] of items.entries()) {
    const date = new Date(createdAt);
    const current = date.getFullYear() * 12 + date.getMonth();
    const last = found.at(-1);
    if (last && current === month) last[1] = index + 1;
    else found.push([index, index + 1]);
    month = current;
  }
  return found;
}
