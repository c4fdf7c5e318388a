import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  UpdateTimeToLiveCommand,
  type DynamoDBClient,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { tables, type TableName } from '#platform';
import { createTableInput } from '../../libs/platform/dynamodb/tables';
import { ask, SetupError } from './ask';

/** Tables with items that end by themselves, at `expiresAt` (seconds since 1970). */
const expiring: ReadonlySet<TableName> = new Set(['media', 'notifications']);
const POLL_MS = 500;

/** Where the tables are: their names begin with `prefix`, their ARNs with `arnPrefix` (up to and with `table/`). */
export interface TablePlace {
  prefix: string;
  arnPrefix: string;
}

/** Makes or checks one table. @returns what was done, in a few words. @throws {SetupError} */
export async function setUpTable(
  client: DynamoDBClient,
  table: TableName,
  { prefix, arnPrefix }: TablePlace,
): Promise<string> {
  const name = `${prefix}${table}`;
  const arn = `${arnPrefix}${name}`;
  const wanted = createTableInput(name, tables[table]);
  const known = await describe(client, name, arn);
  if (!known) await ask('dynamodb:CreateTable', arn, () => client.send(new CreateTableCommand(wanted)));
  const description = await active(client, name, arn);
  if (shapeOf(description) !== shapeOf(wanted))
    throw new SetupError(
      `Table ${name} is there with other keys or indexes: ${shapeOf(description)} instead of ${shapeOf(wanted)}`,
    );
  const done = known ? 'is there' : 'made';
  return expiring.has(table) ? `${done}, ${await setUpExpiry(client, name, arn)}` : done;
}

async function setUpExpiry(client: DynamoDBClient, TableName: string, arn: string): Promise<string> {
  const { TimeToLiveDescription: current } = await ask('dynamodb:DescribeTimeToLive', arn, () =>
    client.send(new DescribeTimeToLiveCommand({ TableName })),
  );
  if (current?.TimeToLiveStatus === 'ENABLED' || current?.TimeToLiveStatus === 'ENABLING') {
    if (current.AttributeName === 'expiresAt') return 'items expire';
    throw new SetupError(`Table ${TableName} lets items expire by ${current.AttributeName} instead of expiresAt`);
  }
  const request = new UpdateTimeToLiveCommand({
    TableName,
    TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
  });
  try {
    await ask('dynamodb:UpdateTimeToLive', arn, () => client.send(request));
    return 'items expire';
  } catch (error) {
    if ((error as Error).name !== 'UnknownOperationException') throw error;
    return 'items do not expire (this emulator knows no TTL)';
  }
}

async function describe(client: DynamoDBClient, TableName: string, arn: string): Promise<TableDescription | null> {
  try {
    const { Table } = await ask('dynamodb:DescribeTable', arn, () =>
      client.send(new DescribeTableCommand({ TableName })),
    );
    return Table ?? null;
  } catch (error) {
    if ((error as Error).name === 'ResourceNotFoundException') return null;
    throw error;
  }
}

async function active(client: DynamoDBClient, name: string, arn: string): Promise<TableDescription> {
  for (;;) {
    const description = await describe(client, name, arn);
    if (description?.TableStatus === 'ACTIVE') return description;
    await sleep(POLL_MS);
  }
}

type Keys = ReadonlyArray<{ AttributeName?: string | undefined; KeyType?: string | undefined }> | undefined;
type Indexes = ReadonlyArray<{ IndexName?: string | undefined; KeySchema?: Keys }> | undefined;
interface Shape {
  KeySchema?: Keys;
  LocalSecondaryIndexes?: Indexes;
  GlobalSecondaryIndexes?: Indexes;
}

/** Keys and indexes in one line, whatever order they are listed in. */
function shapeOf({ KeySchema, LocalSecondaryIndexes = [], GlobalSecondaryIndexes = [] }: Shape): string {
  const indexes = [...LocalSecondaryIndexes, ...GlobalSecondaryIndexes].map(
    ({ IndexName, KeySchema: keys }) => `${IndexName}${keysOf(keys)}`,
  );
  return [keysOf(KeySchema), ...indexes.toSorted()].join(' ');
}

const keysOf = (keys: Keys = []) => `(${keys.map(({ AttributeName }) => AttributeName).join(', ')})`;
