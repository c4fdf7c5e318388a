import { problemState } from '../../elements/base/page-parts';
import { messageOf } from '../../network/problem';
import { arrange, fill, h, type Child } from '../../ui/dom';
import { toast } from '../../ui/toasts';
import { poll } from './frame';
import { adminTexts as texts } from './texts';

export interface Column<T> {
  label: string;
  /** Hides the label from sight, for columns of controls. */
  isControl?: true;
  cell: (item: T) => Child | Child[];
}

export interface TableOptions<T> {
  caption: string;
  columns: Column<T>[];
  keyOf: (item: T) => string;
  read: (cursor: string | undefined, signal: AbortSignal) => Promise<{ items: T[]; nextCursor?: string | null }>;
  /** Shown instead of an empty table. */
  none: string;
  /** Called when other rows are shown. */
  changed?: (items: readonly T[]) => void;
  signal: AbortSignal;
}

interface Row<T> {
  item: T;
  json: string;
  element: HTMLTableRowElement;
}

const everyMs = 5_000;

/**
 * A table of the API, page by page. The first page is read again every few seconds while no other is shown; rows that
 * did not change stay as they are, and the focus stays on the control that has it.
 */
export class LiveTable<T> {
  readonly element = h('div', { class: 'admin-table' });
  readonly #options: TableOptions<T>;
  readonly #body = h('tbody');
  readonly #more = h('button', { type: 'button', class: 'button', hidden: true }, texts.more);
  readonly #refresh: () => Promise<void>;
  #rows = new Map<string, Row<T>>();
  #cursor: string | null = null;
  #pages = 1;

  constructor(options: TableOptions<T>) {
    this.#options = options;
    const { read, signal } = options;
    this.#refresh = poll(
      async (ending) => (this.#pages === 1 ? read(undefined, ending) : null),
      (result) => this.#show(result),
      { everyMs, signal },
    );
    this.#more.addEventListener('click', () => void this.#loadMore());
  }

  get items(): T[] {
    return [...this.#rows.values()].map(({ item }) => item);
  }

  /** Reads the first page, for another filter or after an action. */
  reload(): Promise<void> {
    this.#pages = 1;
    return this.#refresh();
  }

  /** Shows `item` in place of the row with its key, after an action on it. */
  update(item: T): void {
    const row = this.#rows.get(this.#options.keyOf(item));
    if (row) this.#fillRow(row, item);
  }

  #show(result: { data: { items: T[]; nextCursor?: string | null } | null } | { problem: unknown }): void {
    if ('problem' in result)
      return fill(
        this.element,
        problemState(result.problem, () => void this.reload()),
      );
    if (!result.data) return; // further pages are shown
    this.#cursor = result.data.nextCursor ?? null;
    this.#render(result.data.items);
  }

  async #loadMore(): Promise<void> {
    const { read, signal } = this.#options;
    try {
      this.#pages += 1;
      const { items, nextCursor } = await read(this.#cursor ?? undefined, signal);
      this.#cursor = nextCursor ?? null;
      this.#render([...this.items, ...items]);
    } catch (error) {
      if (!signal.aborted) toast(messageOf(error), 'bad');
    }
  }

  #render(items: readonly T[]): void {
    const rows = items.map((item) => this.#rowOf(item));
    this.#rows = new Map(rows.map((row) => [this.#options.keyOf(row.item), row]));
    arrange(
      this.#body,
      rows.map(({ element }) => element),
    );
    if (rows.length === 0) this.#body.replaceChildren();
    this.#more.hidden = this.#cursor === null;
    this.#showTable(rows.length > 0);
    this.#options.changed?.(this.items);
  }

  #showTable(hasRows: boolean): void {
    const isShown = this.#body.isConnected;
    if (hasRows === isShown && this.#more.isConnected) return;
    const table = hasRows ? this.#table() : h('p', { class: 'admin-none', role: 'status' }, this.#options.none);
    fill(this.element, table, this.#more);
  }

  #table(): HTMLElement {
    const { caption, columns } = this.#options;
    const head = columns.map(({ label, isControl }) =>
      h('th', { scope: 'col' }, h('span', { class: isControl ? 'visually-hidden' : null }, label)),
    );
    return h(
      'div',
      { class: 'admin-scroll', tabindex: 0, role: 'region', 'aria-label': caption },
      h(
        'table',
        {},
        h('caption', { class: 'visually-hidden' }, caption),
        h('thead', {}, h('tr', {}, ...head)),
        this.#body,
      ),
    );
  }

  #rowOf(item: T): Row<T> {
    const known = this.#rows.get(this.#options.keyOf(item)) ?? { item, json: '', element: h('tr') };
    if (known.json !== JSON.stringify(item)) this.#fillRow(known, item);
    return known;
  }

  #fillRow(row: Row<T>, item: T): void {
    const focused = row.element.contains(document.activeElement) ? document.activeElement : null;
    const name = focused?.getAttribute('data-control');
    row.item = item;
    row.json = JSON.stringify(item);
    const cells = this.#options.columns.map(({ cell }) => h('td', {}, ...[cell(item)].flat()));
    fill(row.element, ...cells);
    if (!focused) return;
    const again = name ? row.element.querySelector<HTMLElement>(`[data-control="${name}"]`) : null;
    (again ?? row.element.querySelector<HTMLElement>('button, input, a'))?.focus();
  }
}

/** Builds a small button of a row. `control` names it within its row, so that it keeps the focus when that changes. */
export function rowButton(
  control: string,
  { text, label, danger }: { text: string; label: string; danger?: boolean },
  run: () => Promise<unknown>,
): HTMLButtonElement {
  const button = h(
    'button',
    {
      type: 'button',
      class: `button small${danger ? ' danger-quiet' : ''}`,
      'data-control': control,
      'aria-label': label,
    },
    text,
  );
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-disabled') === 'true') return;
    button.setAttribute('aria-disabled', 'true');
    void run()
      .catch((error: unknown) => toast(messageOf(error), 'bad'))
      .finally(() => button.removeAttribute('aria-disabled'));
  });
  return button;
}
