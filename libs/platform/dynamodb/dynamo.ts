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
import { DependencyUnavailableError } from '../errors';
import { ExpressionScope, updateExpression, type Change, type Condition } from './expression';
import { createTableInput, tables, type TableName, type TableShape } from './tables';

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

/** DynamoDB's limit of a BatchWriteItem. */
const WRITES_AT_ONCE = 25;

/** Global indexes are eventually consistent by nature; everything else is read consistently. */
const GLOBAL_INDEXES = new Set(['outbox', 'open']);

/**
 * The tables. A condition that does not hold is an answer (`false`/`null`), anything else that goes wrong is
 * {@link DependencyUnavailableError} (unreachable, too slow, throttled, not there, not permitted: somebody mends it) or the
 * SDK's own error (a mistake of ours).
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

  static connect(config: { region: string; dynamodbEndpoint: string | null; tablePrefix: string }): Dynamo {
    const client = new DynamoDBClient({
      region: config.region,
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

  /** Up to any number of keys, in no order; what is not there is left out. */
  async getMany<T = Item>(table: TableName, keys: readonly Key[]): Promise<T[]> {
    const found: T[] = [];
    const name = this.nameOf(table);
    for (let from = 0; from < keys.length; from += 100) {
      let pending: Key[] = keys.slice(from, from + 100);
      while (pending.length > 0) {
        const request = { RequestItems: { [name]: { Keys: pending, ConsistentRead: true } } };
        const answer = await this.send(() => this.documents.send(new BatchGetCommand(request)));
        found.push(...((answer.Responses?.[name] ?? []) as T[]));
        pending = (answer.UnprocessedKeys?.[name]?.Keys ?? []) as Key[];
      }
    }
    return found;
  }

  /** @returns false when `when` does not hold. */
  async put(table: TableName, item: Item, when?: Condition): Promise<boolean> {
    const scope = new ExpressionScope();
    const condition = when && { ConditionExpression: when(scope), ...aliases(scope) };
    return this.holds(() =>
      this.documents.send(new PutCommand({ TableName: this.nameOf(table), Item: item, ...condition })),
    );
  }

  /** @returns the item as it is now, or null when `when` does not hold. Without `when` an absent item is created. */
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

  /** @returns false when `when` does not hold. Deleting what is not there is fine. */
  async delete(table: TableName, key: Key, when?: Condition): Promise<boolean> {
    const scope = new ExpressionScope();
    const condition = when && { ConditionExpression: when(scope), ...aliases(scope) };
    return this.holds(() =>
      this.documents.send(new DeleteCommand({ TableName: this.nameOf(table), Key: key, ...condition })),
    );
  }

  /** Unconditional puts and deletes, {@link WRITES_AT_ONCE} a request, repeated until all are through. */
  async writeMany(table: TableName, writes: ReadonlyArray<{ put: Item } | { delete: Key }>): Promise<void> {
    const name = this.nameOf(table);
    for (let from = 0; from < writes.length; from += WRITES_AT_ONCE) {
      let pending: unknown[] = writes
        .slice(from, from + WRITES_AT_ONCE)
        .map((write) =>
          'put' in write ? { PutRequest: { Item: write.put } } : { DeleteRequest: { Key: write.delete } },
        );
      for (let round = 0; pending.length > 0; round += 1) {
        if (round > 0) await sleep(Math.min(50 * 2 ** round, 1_000));
        const request = { RequestItems: { [name]: pending as never } };
        const answer = await this.send(() => this.documents.send(new BatchWriteCommand(request)));
        pending = answer.UnprocessedItems?.[name] ?? [];
      }
    }
  }

  /** One page. `next` is absent at the end. */
  async query<T = Item>(table: TableName, query: Query): Promise<{ items: T[]; next?: Key }> {
    const answer = await this.runQuery(table, query, undefined);
    const found = answer.Items ?? [];
    const items = isLocal(query) && !query.project ? await this.itemsBehind<T>(table, found as Key[]) : (found as T[]);
    return { items, ...(answer.LastEvaluatedKey && { next: answer.LastEvaluatedKey as Key }) };
  }

  /** Every item of a query, page by page. */
  async *queryAll<T = Item>(table: TableName, query: Query): AsyncGenerator<T> {
    let after = query.after;
    do {
      const page = await this.query<T>(table, { ...query, ...(after && { after }) });
      yield* page.items;
      after = page.next;
    } while (after);
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

  /** Every item of a table: for repairs and nightly recounts alone. */
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

  /** The keys of a table, those alone that last; what is past its time (`expiresAt`, epoch seconds) goes: not every store sees to it. */
  async *sweepExpired(table: TableName, now: Date): AsyncGenerator<Key> {
    const { hash, range }: TableShape = tables[table];
    const names = [hash, ...(range ? [range] : [])];
    const expired: Array<{ delete: Key }> = [];
    for await (const item of this.scan<Key & { expiresAt?: number }>(table, [...names, 'expiresAt'])) {
      const key = Object.fromEntries(names.map((name) => [name, item[name]!]));
      if ((item.expiresAt ?? Number.POSITIVE_INFINITY) * 1_000 >= now.getTime()) yield key;
      else expired.push({ delete: key });
      if (expired.length === WRITES_AT_ONCE) await this.writeMany(table, expired.splice(0));
    }
    await this.writeMany(table, expired);
  }

  /** Makes the tables that are not there and waits until all can be used. Safe to run from several processes at once. */
  async ensureTables(): Promise<void> {
    await Promise.all((Object.keys(tables) as TableName[]).map((table) => this.ensureTable(table)));
  }

  /** Rejects when the tables can not be used now. */
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
            if (!(error instanceof ResourceInUseException)) throw error; // another process makes it at this moment
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
   * Local indexes hold keys alone. The items are fetched here and not by the query itself (`ALL_ATTRIBUTES`): the emulator
   * breaks down when an item that it found in the index is not there yet, or no longer.
   */
  private async itemsBehind<T>(table: TableName, entries: readonly Key[]): Promise<T[]> {
    const { hash, range }: TableShape = tables[table];
    const keyOf = (entry: Key): Key => ({ [hash]: entry[hash]!, ...(range && { [range]: entry[range]! }) });
    const items = await this.getMany<Key>(table, entries.map(keyOf));
    const byKey = new Map(items.map((item) => [JSON.stringify(keyOf(item)), item]));
    return entries.flatMap((entry) => (byKey.get(JSON.stringify(keyOf(entry))) as T | undefined) ?? []);
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

  private async holds(write: () => Promise<unknown>): Promise<boolean> {
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

/** DynamoDB says all of this with status 400, as it does with mistakes of ours. */
const NOT_OURS = new Set([
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

/** What could not be delivered (no HTTP answer at all, a 5xx), or was refused for no fault of the request. */
function isUnavailable(error: unknown): boolean {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  return status === undefined ? !(error instanceof TypeError) : status >= 500 || NOT_OURS.has(name ?? '');
}
