import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceInUseException,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { AwsAccess } from '#config';
import { DependencyUnavailableError } from '../errors';
import { all, atMost, equals, ExpressionScope, updateExpression, type Change, type Condition } from './expression';
import { createTableInput, keyOf, shards, tables, type TableName, type TableShape } from './tables';

export type Item = Record<string, unknown>;
export type Key = Record<string, string>;

export interface Query {
  index?: string;
  where: Condition;
  filter?: Condition;
  /** Newest first. */
  descending?: boolean;
  limit?: number;
  after?: Key;
  project?: readonly string[];
}

/** DynamoDB's limit for one BatchWriteItem. */
const BATCH_WRITE_ITEMS = 25;

/** The sharded indexes, each with the keys `…Shard` and `…At`. */
type ShardedIndex = 'outbox' | 'open';
/** A page of so many keys costs few read units. */
const SMALL_INDEX_ITEMS = 100;

/** DynamoDB reads global indexes only eventually consistently; everything else is read consistently. */
const GLOBAL_INDEXES = new Set(['outbox', 'open']);

/**
 * The tables. A condition that does not hold is a result (`false` or `null`). Errors are
 * {@link DependencyUnavailableError} (unreachable, timed out, throttled, table missing, no permission: worth a retry)
 * or the SDK's own (a bug in the caller).
 */
export class Dynamo {
  private readonly documents: DynamoDBDocumentClient;
  isClosed = false;

  constructor(
    private readonly client: DynamoDBClient,
    private readonly prefix: string,
  ) {
    this.documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  }

  /** `access`: of an installation that is not that of this process. */
  static connect(
    config: { region: string; dynamodbEndpoint: string | null; tablePrefix: string },
    { credentials, profile }: AwsAccess = {},
  ): Dynamo {
    const client = new DynamoDBClient({
      region: config.region,
      ...(credentials && { credentials }),
      ...(profile && { profile }),
      ...(config.dynamodbEndpoint && { endpoint: config.dynamodbEndpoint }),
      maxAttempts: 2,
      requestHandler: {
        connectionTimeout: 1_000,
        requestTimeout: 1_900,
        throwOnRequestTimeout: true,
        httpAgent: { maxSockets: 100 },
      },
    });
    return new Dynamo(client, config.tablePrefix);
  }

  async get<T = Item>(table: TableName, key: Key): Promise<T | null> {
    const { Item: item } = await this.send(() =>
      this.documents.send(new GetCommand({ TableName: this.nameOf(table), Key: key, ConsistentRead: true })),
    );
    return (item as T | undefined) ?? null;
  }

  /** Returns the items of any number of keys, in no order; absent ones are left out. */
  async getMany<T = Item>(table: TableName, keys: readonly Key[]): Promise<T[]> {
    const found: T[] = [];
    const name = this.nameOf(table);
    for (let from = 0; from < keys.length; from += 100) {
      let pending: Key[] = keys.slice(from, from + 100);
      while (pending.length > 0) {
        const request = { RequestItems: { [name]: { Keys: pending, ConsistentRead: true } } };
        const response = await this.send(() => this.documents.send(new BatchGetCommand(request)));
        found.push(...((response.Responses?.[name] ?? []) as T[]));
        pending = (response.UnprocessedKeys?.[name]?.Keys ?? []) as Key[];
      }
    }
    return found;
  }

  /** @returns false when `when` does not hold. */
  async put(table: TableName, item: Item, when?: Condition): Promise<boolean> {
    const scope = new ExpressionScope();
    const condition = when && { ConditionExpression: when(scope), ...aliases(scope) };
    return this.tryWrite(() =>
      this.documents.send(new PutCommand({ TableName: this.nameOf(table), Item: item, ...condition })),
    );
  }

  /** @returns the updated item, or null when `when` does not hold. Without `when` an absent item is created. */
  async update<T = Item>(table: TableName, key: Key, change: Change & { when?: Condition }): Promise<T | null> {
    const scope = new ExpressionScope();
    const UpdateExpression = updateExpression(scope, change);
    const condition = change.when && { ConditionExpression: change.when(scope) };
    const request = {
      TableName: this.nameOf(table),
      Key: key,
      UpdateExpression,
      ...condition,
      ...aliases(scope),
      ReturnValues: 'ALL_NEW' as const,
    };
    try {
      const { Attributes } = await this.send(() => this.documents.send(new UpdateCommand(request)));
      return Attributes as T;
    } catch (error) {
      if (isConditionFailure(error)) return null;
      throw error;
    }
  }

  /** @returns false when `when` does not hold. Idempotent: an absent item is no error. */
  async delete(table: TableName, key: Key, when?: Condition): Promise<boolean> {
    const scope = new ExpressionScope();
    const condition = when && { ConditionExpression: when(scope), ...aliases(scope) };
    return this.tryWrite(() =>
      this.documents.send(new DeleteCommand({ TableName: this.nameOf(table), Key: key, ...condition })),
    );
  }

  /**
   * Unconditional puts and deletes, {@link BATCH_WRITE_ITEMS} per request; unprocessed ones are retried with backoff.
   */
  async writeMany(table: TableName, writes: ReadonlyArray<{ put: Item } | { delete: Key }>): Promise<void> {
    const name = this.nameOf(table);
    for (let from = 0; from < writes.length; from += BATCH_WRITE_ITEMS) {
      let pending: unknown[] = writes
        .slice(from, from + BATCH_WRITE_ITEMS)
        .map((write) =>
          'put' in write ? { PutRequest: { Item: write.put } } : { DeleteRequest: { Key: write.delete } },
        );
      for (let attempt = 0; pending.length > 0; attempt += 1) {
        if (attempt > 0) await sleep(Math.min(50 * 2 ** attempt, 1_000));
        const request = { RequestItems: { [name]: pending as never } };
        const response = await this.send(() => this.documents.send(new BatchWriteCommand(request)));
        pending = response.UnprocessedItems?.[name] ?? [];
      }
    }
  }

  /** Returns one page. `next` is absent on the last one. */
  async query<T = Item>(table: TableName, query: Query): Promise<{ items: T[]; next?: Key }> {
    const response = await this.runQuery(table, query, undefined);
    const found = response.Items ?? [];
    const items = isLocal(query) && !query.project ? await this.fetchItems<T>(table, found as Key[]) : (found as T[]);
    return { items, ...(response.LastEvaluatedKey && { next: response.LastEvaluatedKey as Key }) };
  }

  /** Yields every item of a query, page by page. */
  async *queryAll<T = Item>(table: TableName, query: Query): AsyncGenerator<T> {
    let after = query.after;
    do {
      const page = await this.query<T>(table, { ...query, ...(after && { after }) });
      yield* page.items;
      after = page.next;
    } while (after);
  }

  /**
   * Yields the keys of the items in a sparse, sharded index whose range key is at most `until`. Most of the time such
   * an index is nearly empty: one page of a scan reads it then, instead of a query for each shard.
   */
  async *due<T extends Key>(table: TableName, index: ShardedIndex, until: Date): AsyncGenerator<T> {
    const [hash, range] = [`${index}Shard`, `${index}At`];
    const request = { TableName: this.nameOf(table), IndexName: index, Limit: SMALL_INDEX_ITEMS };
    const page = await this.send(() => this.documents.send(new ScanCommand(request)));
    if (!page.LastEvaluatedKey)
      return yield* ((page.Items ?? []) as T[]).filter((entry) => entry[range]! <= until.toISOString());
    for (const shard of shards) {
      const where = all(equals(hash, shard), atMost(range, until.toISOString()));
      yield* this.queryAll<T>(table, { index, where });
    }
  }

  async count(table: TableName, query: Query): Promise<number> {
    let total = 0;
    let after = query.after;
    do {
      const page = await this.runQuery(table, { ...query, ...(after && { after }) }, 'COUNT');
      total += page.Count ?? 0;
      after = page.LastEvaluatedKey as Key | undefined;
    } while (after);
    return total;
  }

  /** Yields every item of a table. Only for repairs and nightly recounts. */
  async *scan<T = Item>(table: TableName, project?: readonly string[]): AsyncGenerator<T> {
    const scope = new ExpressionScope();
    const projection = project && {
      ProjectionExpression: project.map((name) => scope.name(name)).join(', '),
      ...aliases(scope),
    };
    let after: Key | undefined;
    do {
      const request = {
        TableName: this.nameOf(table),
        ConsistentRead: true,
        ...projection,
        ...(after && { ExclusiveStartKey: after }),
      };
      const page = await this.send(() => this.documents.send(new ScanCommand(request)));
      yield* (page.Items ?? []) as T[];
      after = page.LastEvaluatedKey as Key | undefined;
    } while (after);
  }

  /**
   * Yields the keys of the items that have not expired, and deletes the others (`expiresAt`, epoch seconds): time
   * to live is not implemented or enabled everywhere.
   */
  async *sweepExpired(table: TableName, now: Date): AsyncGenerator<Key> {
    const { hash, range }: TableShape = tables[table];
    const names = [hash, ...(range ? [range] : [])];
    const expired: Array<{ delete: Key }> = [];
    for await (const item of this.scan<Key & { expiresAt?: number }>(table, [...names, 'expiresAt'])) {
      const key = Object.fromEntries(names.map((name) => [name, item[name]!]));
      if ((item.expiresAt ?? Number.POSITIVE_INFINITY) * 1_000 >= now.getTime()) yield key;
      else expired.push({ delete: key });
      if (expired.length === BATCH_WRITE_ITEMS) await this.writeMany(table, expired.splice(0));
    }
    await this.writeMany(table, expired);
  }

  /** Creates missing tables and waits until all are active. Safe to run from several processes at once. */
  async ensureTables(): Promise<void> {
    await Promise.all((Object.keys(tables) as TableName[]).map((table) => this.ensureTable(table)));
  }

  /** Rejects when the tables are unavailable. */
  async check(): Promise<void> {
    await this.send(() => this.client.send(new DescribeTableCommand({ TableName: this.nameOf('media') })));
  }

  close(): void {
    this.isClosed = true;
    this.client.destroy();
  }

  private async ensureTable(table: TableName): Promise<void> {
    const shape: TableShape = tables[table];
    const TableName = this.nameOf(table);
    for (;;) {
      const status = await this.tableStatus(TableName);
      if (status === 'ACTIVE') return;
      if (status === null) {
        await this.send(() => this.client.send(new CreateTableCommand(createTableInput(TableName, shape)))).catch(
          (error: unknown) => {
            if (!(error instanceof ResourceInUseException)) throw error; // another process is creating it
          },
        );
      }
      await sleep(50);
    }
  }

  private async tableStatus(TableName: string): Promise<string | null> {
    const request = () =>
      this.client
        .send(new DescribeTableCommand({ TableName }))
        .catch((error: Error) => (error.name === 'ResourceNotFoundException' ? null : Promise.reject(error)));
    return (await this.send(request))?.Table?.TableStatus ?? null;
  }

  /**
   * Local indexes contain keys only. The items are fetched here and not by the query itself (`ALL_ATTRIBUTES`): the
   * emulator crashes when an item that it found in the index does not exist yet, or no longer.
   */
  private async fetchItems<T>(table: TableName, entries: readonly Key[]): Promise<T[]> {
    const items = await this.getMany<Key>(
      table,
      entries.map((entry) => keyOf(table, entry)),
    );
    const byKey = new Map(items.map((item) => [JSON.stringify(keyOf(table, item)), item]));
    return entries.flatMap((entry) => (byKey.get(JSON.stringify(keyOf(table, entry))) as T | undefined) ?? []);
  }

  private async runQuery(table: TableName, query: Query, select: 'COUNT' | undefined) {
    const scope = new ExpressionScope();
    const request = {
      TableName: this.nameOf(table),
      KeyConditionExpression: query.where(scope),
      ...(query.filter && { FilterExpression: query.filter(scope) }),
      ...(query.project && { ProjectionExpression: query.project.map((name) => scope.name(name)).join(', ') }),
      ...(query.index && { IndexName: query.index }),
      ...(query.limit && { Limit: query.limit }),
      ...(query.after && { ExclusiveStartKey: query.after }),
      ...(select && { Select: select }),
      ScanIndexForward: !query.descending,
      ConsistentRead: !query.index || isLocal(query),
      ...aliases(scope),
    };
    return this.send(() => this.documents.send(new QueryCommand(request)));
  }

  private async tryWrite(write: () => Promise<unknown>): Promise<boolean> {
    try {
      await this.send(write);
      return true;
    } catch (error) {
      if (isConditionFailure(error)) return false;
      throw error;
    }
  }

  private async send<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      if (isUnavailable(error)) throw new DependencyUnavailableError('dynamodb', error);
      throw error;
    }
  }

  private nameOf(table: TableName): string {
    return `${this.prefix}${table}`;
  }
}

function aliases(scope: ExpressionScope) {
  return {
    ...(Object.keys(scope.names).length > 0 && { ExpressionAttributeNames: scope.names }),
    ...(Object.keys(scope.values).length > 0 && { ExpressionAttributeValues: scope.values }),
  };
}

const isLocal = ({ index }: Query) => index !== undefined && !GLOBAL_INDEXES.has(index);

const isConditionFailure = (error: unknown) => (error as Error).name === 'ConditionalCheckFailedException';

/** DynamoDB reports these with status 400, like errors in the request. */
const UNAVAILABLE_ERRORS = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'InternalServerError',
  'ResourceNotFoundException',
  'AccessDeniedException',
  'UnrecognizedClientException',
  'ExpiredTokenException',
  'InvalidSignatureException',
  'LimitExceededException',
]);

/** True without an HTTP response, for a 5xx, and for a rejection that is not caused by the request itself. */
function isUnavailable(error: unknown): boolean {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  return status === undefined ? !(error instanceof TypeError) : status >= 500 || UNAVAILABLE_ERRORS.has(name ?? '');
}
