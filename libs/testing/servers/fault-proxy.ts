import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../stack/free-port';

/** What the proxy does with a request. */
export type FaultMode =
  | 'pass'
  /** Rejected with DynamoDB's ProvisionedThroughputExceededException. */
  | 'throttle'
  /** Rejected with status 503. */
  | 'unavailable'
  /** Neither forwarded nor answered. */
  | 'hang'
  /** Forwarded, but never answered. */
  | 'mute'
  /** Forwarded, but the connection is closed before the response: an ambiguous write. */
  | 'cut'
  /** Forwarded three times, two of them after random delays: duplicated and out of order. */
  | 'thrice';

/** `operation` is the name of the DynamoDB operation, `request` is e.g. `GET /path`. */
type Decide = (operation: string, body: string, request: string) => FaultMode;

/** A reverse proxy to an HTTP server that injects faults. */
export interface FaultProxy {
  url: string;
  /** Sets the function that decides the mode of each further request. */
  behave(decide: Decide): void;
  /** Stops listening: connections are refused, like those to a stopped server. */
  refuse(): Promise<void>;
  /** Listens again on the same port, and passes all requests. */
  restore(): Promise<void>;
  stop(): Promise<void>;
}

const THROTTLED = JSON.stringify({
  __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
  message: 'The level of configured provisioned throughput was exceeded.',
});
/** Maximum delay of duplicates. */
const MAX_DELAY_MS = 1_500;

const pass: Decide = () => 'pass';

/** Starts a proxy to `target`. `random` decides the delays of mode `thrice`. */
export async function startFaultProxy(target: string, random: () => number = Math.random): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true });
  let decide = pass;
  const server = createServer((req, res) => {
    void handle(decide, req, res, { target, agent, random }).catch(() => res.destroy());
  });
  server.keepAliveTimeout = 0;
  const port = await freePort();
  await listen(server, port);
  const refuse = async () => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return {
    url: `http://127.0.0.1:${port}${new URL(target).pathname.replace(/\/$/, '')}`, // the path is the emulator's key
    behave: (next) => void (decide = next),
    refuse,
    async restore() {
      decide = pass;
      if (!server.listening) await listen(server, port);
    },
    async stop() {
      await refuse();
      agent.destroy();
    },
  };
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

interface Upstream {
  target: string;
  agent: Agent;
  random: () => number;
}

async function handle(decide: Decide, req: IncomingMessage, res: ServerResponse, upstream: Upstream): Promise<void> {
  const body = Buffer.concat(await req.toArray());
  const mode = decide(
    String(req.headers['x-amz-target'] ?? '')
      .split('.')
      .at(-1)!,
    body.toString(),
    `${req.method} ${req.url}`,
  );
  if (mode === 'hang') return;
  if (mode === 'throttle')
    return void res.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(THROTTLED);
  if (mode === 'unavailable') return void res.writeHead(503).end();
  if (mode === 'thrice')
    await Promise.all(
      [1, 2].map(() => sleep(upstream.random() * MAX_DELAY_MS).then(() => forward(req, body, upstream))),
    );
  const answer = await forward(req, body, upstream);
  if (mode === 'cut') return void req.socket.destroy();
  if (mode !== 'mute') res.writeHead(answer.status, answer.headers).end(answer.body);
}

async function forward(
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  { target, agent }: Upstream,
): Promise<{ status: number; headers: IncomingMessage['headers']; body: Buffer }> {
  const onward = request(new URL(url!, target), { method: method!, headers, agent });
  onward.end(body);
  const [answer] = (await once(onward, 'response')) as [IncomingMessage];
  return { status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(await answer.toArray()) };
}
