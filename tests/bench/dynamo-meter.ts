import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Consumed {
  TableName: string;
  Table?: { CapacityUnits: number };
}

/** Requests to DynamoDB since the last reading. */
export interface DynamoUsage {
  requests: number;
  /** Requests by operation and table, e.g. `UpdateItem media`. */
  byKind: Record<string, number>;
  /** Write capacity units of the tables, without those of their indexes. */
  writeUnits: number;
}

export interface DynamoMeter {
  url: string;
  /** Returns the usage since the last call. */
  read(): DynamoUsage;
  stop(): Promise<void>;
}

const WRITES = /^(PutItem|UpdateItem|DeleteItem|BatchWriteItem)$/;
const tableOf = (name: string) => name.slice(name.lastIndexOf('-') + 1);
const none = (): DynamoUsage => ({ requests: 0, byKind: {}, writeUnits: 0 });

/** Starts a proxy that asks for the consumed capacity of each write; the emulator checks no signatures. */
export async function startDynamoMeter(target: string): Promise<DynamoMeter> {
  const agent = new Agent({ keepAlive: true });
  let usage = none();
  const server = createServer((req, res) => {
    void forward(req, res, target, agent, usage).catch(() => res.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${new URL(target).pathname.replace(/\/$/, '')}`,
    read() {
      const read = { ...usage, byKind: { ...usage.byKind } };
      Object.assign(usage, none());
      return read;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      agent.destroy();
    },
  };
}

async function forward(req: IncomingMessage, res: ServerResponse, target: string, agent: Agent, usage: DynamoUsage) {
  const operation = String(req.headers['x-amz-target']).split('.').at(-1)!;
  const parsed = JSON.parse(Buffer.concat(await req.toArray()).toString() || '{}') as Record<string, unknown>;
  const isMeasured = WRITES.test(operation);
  const body = Buffer.from(JSON.stringify(isMeasured ? { ...parsed, ReturnConsumedCapacity: 'INDEXES' } : parsed));
  const headers = { ...req.headers, 'content-length': String(body.length) };
  const onward = request(new URL(req.url!, target), { method: req.method!, headers, agent });
  onward.end(body);
  const [answer] = (await once(onward, 'response')) as [IncomingMessage];
  const reply = Buffer.concat(await answer.toArray());
  const tables = [parsed.TableName, ...Object.keys((parsed.RequestItems as object | undefined) ?? {})];
  const kind = `${operation} ${tables.flatMap((name) => (typeof name === 'string' ? tableOf(name) : [])).join(', ')}`;
  usage.requests += 1;
  usage.byKind[kind] = (usage.byKind[kind] ?? 0) + 1;
  if (isMeasured) usage.writeUnits += writeUnitsOf(reply);
  res.writeHead(answer.statusCode!, answer.headers).end(reply);
}

function writeUnitsOf(reply: Buffer): number {
  const { ConsumedCapacity } = JSON.parse(reply.toString()) as { ConsumedCapacity?: Consumed | Consumed[] };
  return [ConsumedCapacity ?? []].flat().reduce((sum, { Table }) => sum + (Table?.CapacityUnits ?? 0), 0);
}
