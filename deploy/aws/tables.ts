import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  UpdateTimeToLiveCommand,
  type DynamoDBClient,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { OperatorError } from '#config';
import { tables, type TableName } from '#platform';
import { createTableInput, tablesWithTtl } from '../../libs/platform/dynamodb/tables';
import { callAws } from './call-aws';

const POLL_MS = 500;

/** Prefixes of the names and of the ARNs of tables; `arnPrefix` ends with `table/`. */
export interface TableLocation {
  prefix: string;
  arnPrefix: string;
}

/** Creates or checks a table. @returns the outcome as text. @throws {OperatorError} */
export async function setUpTable(
  client: DynamoDBClient,
  table: TableName,
  { prefix, arnPrefix }: TableLocation,
): Promise<string> {
  const name = `${prefix}${table}`;
  const arn = `${arnPrefix}${name}`;
  const input = createTableInput(name, tables[table]);
  const existing = await describe(client, name, arn);
  if (!existing) await callAws('dynamodb:CreateTable', arn, () => client.send(new CreateTableCommand(input)));
  const description = await waitUntilActive(client, name, arn);
  if (schemaOf(description) !== schemaOf(input))
    throw new OperatorError(
      `Table ${name} exists with other keys or indexes: ${schemaOf(description)} instead of ${schemaOf(input)}`,
    );
  const outcome = existing ? 'exists' : 'created';
  return tablesWithTtl.has(table) ? `${outcome}, ${await setUpTtl(client, name, arn)}` : outcome;
}

async function setUpTtl(client: DynamoDBClient, TableName: string, arn: string): Promise<string> {
  const { TimeToLiveDescription: current } = await callAws('dynamodb:DescribeTimeToLive', arn, () =>
    client.send(new DescribeTimeToLiveCommand({ TableName })),
  );
  if (current?.TimeToLiveStatus === 'ENABLED' || current?.TimeToLiveStatus === 'ENABLING') {
    if (current.AttributeName === 'expiresAt') return 'with TTL';
    throw new OperatorError(`Table ${TableName} has its TTL on ${current.AttributeName} instead of expiresAt`);
  }
  const request = new UpdateTimeToLiveCommand({
    TableName,
    TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
  });
  try {
    await callAws('dynamodb:UpdateTimeToLive', arn, () => client.send(request));
    return 'with TTL';
  } catch (error) {
    if ((error as Error).name !== 'UnknownOperationException') throw error;
    return 'without TTL (not supported by this emulator)';
  }
}

async function describe(client: DynamoDBClient, TableName: string, arn: string): Promise<TableDescription | null> {
  try {
    const { Table } = await callAws('dynamodb:DescribeTable', arn, () =>
      client.send(new DescribeTableCommand({ TableName })),
    );
    return Table ?? null;
  } catch (error) {
    if ((error as Error).name === 'ResourceNotFoundException') return null;
    throw error;
  }
}

async function waitUntilActive(client: DynamoDBClient, name: string, arn: string): Promise<TableDescription> {
  for (;;) {
    const description = await describe(client, name, arn);
    if (description?.TableStatus === 'ACTIVE') return description;
    await sleep(POLL_MS);
  }
}

type Keys = ReadonlyArray<{ AttributeName?: string | undefined; KeyType?: string | undefined }> | undefined;
type Indexes = ReadonlyArray<{ IndexName?: string | undefined; KeySchema?: Keys }> | undefined;
interface Schema {
  KeySchema?: Keys;
  LocalSecondaryIndexes?: Indexes;
  GlobalSecondaryIndexes?: Indexes;
}

/** Returns keys and indexes as text for comparison, independent of their order. */
function schemaOf({ KeySchema, LocalSecondaryIndexes = [], GlobalSecondaryIndexes = [] }: Schema): string {
  const indexes = [...LocalSecondaryIndexes, ...GlobalSecondaryIndexes].map(
    ({ IndexName, KeySchema: keys }) => `${IndexName}${keysOf(keys)}`,
  );
  return [keysOf(KeySchema), ...indexes.toSorted()].join(' ');
}

const keysOf = (keys: Keys = []) => `(${keys.map(({ AttributeName }) => AttributeName).join(', ')})`;
