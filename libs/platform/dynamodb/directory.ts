import type { Dynamo } from './dynamo';
import { all, below, equals } from './expression';

/** The lists over all accounts: every account, every medium, the media that are failed, and webhooks that fail. */
export type DirectoryList = 'users' | 'media' | 'failed' | 'failingWebhooks';

/** An entry of the list `failingWebhooks`; its id is that of the webhook. */
export interface FailingWebhook {
  userId: string;
  webhookId: string;
}

/** A page of a list, and the id after which the next one begins; null on the last one. */
export interface DirectoryPage<T> {
  items: T[];
  lastId: string | null;
}

type Row = Record<'pk' | 'sk', string>;

/** How many rows one request examines for a filter: a page may be shorter than its limit, and the next continues. */
const MAX_EXAMINED = 1_000;
const BATCH = 100;

/**
 * Ids of all accounts in the order of their creation, for admins: the other tables can list what one user has only. A
 * row is about 100 bytes and costs one write unit when it is written and one when it is deleted. It holds only what
 * never changes; the rest is read from the item, so that a change of that needs no second write, and a row whose item
 * does not exist any more is left out. A list is one partition, which takes 1000 writes a second.
 */
export class Directory<T extends object = object> {
  constructor(
    private readonly dynamo: Dynamo,
    private readonly list: DirectoryList,
  ) {}

  /** Idempotent. */
  async add(id: string, fields: T): Promise<void> {
    await this.dynamo.put('admin', { ...this.key(id), schemaVersion: 1, ...fields });
  }

  /** Idempotent. */
  async remove(id: string): Promise<void> {
    await this.dynamo.delete('admin', this.key(id));
  }

  /** Returns the rows of any number of ids, in no order; absent ones are left out. */
  async among(ids: readonly string[]): Promise<Array<T & { id: string }>> {
    const rows = await this.dynamo.getMany<Row & T>(
      'admin',
      ids.map((id) => this.key(id)),
    );
    return rows.map(toEntry<T>);
  }

  count(): Promise<number> {
    return this.dynamo.count('admin', { where: equals('pk', this.list) });
  }

  /** Yields every row, newest first. */
  async *all(): AsyncGenerator<T & { id: string }> {
    const rows = this.dynamo.queryAll<Row & T>('admin', { where: equals('pk', this.list), descending: true });
    for await (const row of rows) yield toEntry<T>(row);
  }

  /** Returns a page of rows, newest first. `before`: the `lastId` of the page before. */
  async page(limit: number, before?: string): Promise<DirectoryPage<T & { id: string }>> {
    const list = equals('pk', this.list);
    const where = before ? all(list, below('sk', before)) : list;
    const { items, next } = await this.dynamo.query<Row & T>('admin', { where, descending: true, limit });
    return { items: items.map(toEntry<T>), lastId: next?.sk ?? null };
  }

  private key(id: string): Row {
    return { pk: this.list, sk: id };
  }
}

function toEntry<T>({ sk, ...fields }: Row & T): T & { id: string } {
  return { ...(fields as T), id: sk };
}

/**
 * Collects a page of the items that match from pages of candidates, of which at most {@link MAX_EXAMINED} are examined.
 * @param readPage returns the candidates of one page in their order, or fewer, with the id at which that page ended
 */
export async function collectPage<T extends { id: string }>(
  { limit, before }: { limit: number; before?: string | undefined },
  readPage: (limit: number, before?: string) => Promise<DirectoryPage<T>>,
  matches: (item: T) => boolean,
): Promise<DirectoryPage<T>> {
  const items: T[] = [];
  let after = before;
  for (let examined = 0; examined < MAX_EXAMINED; examined += BATCH) {
    const page = await readPage(BATCH, after);
    const matching = page.items.filter(matches);
    const isFull = items.length + matching.length > limit;
    items.push(...matching.slice(0, limit - items.length));
    if (isFull) return { items, lastId: items.at(-1)!.id };
    if (page.lastId === null || items.length === limit) return { items, lastId: page.lastId };
    after = page.lastId;
  }
  return { items, lastId: after ?? null };
}
