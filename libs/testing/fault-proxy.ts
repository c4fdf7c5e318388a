import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port';

/** What becomes of a request on its way. */
export type FaultMode =
  | 'pass'
  /** Refused as DynamoDB does when its capacity is used up. */
  | 'throttle'
  /** Refused with status 503. */
  | 'unavailable'
  /** Never done, never answered. */
  | 'hang'
  /** Done, and never answered. */
  | 'mute'
  /** Done, and the connection breaks before the answer. */
  | 'cut'
  /** Done three times, each after a moment of its own: repeated, and out of order. */
  | 'thrice';

/** `operation` is DynamoDB's name of it, `request` what HTTP asks for, as `GET /path`. */
type Decide = (operation: string, body: string, request: string) => FaultMode;

/** A way to an HTTP server that does harm. */
export interface FaultProxy {
  url: string;
  /** Decides about each request from now on. */
  behave(fate: Decide): void;
  /** Nobody listens any more, as with a server that is gone. */
  refuse(): Promise<void>;
  /** Listens again, on the same port, and lets everything through. */
  mend(): Promise<void>;
  stop(): Promise<void>;
}

const THROTTLED = JSON.stringify({
  __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
  message: 'The level of configured provisioned throughput was exceeded.',
});
/** Repeats come up to so much later. */
const SPREAD_MS = 1_500;

const pass: Decide = () => 'pass';

/** `random` spreads what comes thrice. */
export async function startFaultProxy(target: string, random: () => number = Math.random): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true });
  let fate = pass;
  const server = createServer((req, res) => {
    void meet(fate, req, res, { target, agent, random }).catch(() => res.destroy());
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
    url: `http://127.0.0.1:${port}${new URL(target).pathname.replace(/\/$/, '')}`, // the path holds the emulator's key
    behave: (next) => void (fate = next),
    refuse,
    async mend() {
      fate = pass;
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

interface Way {
  target: string;
  agent: Agent;
  random: () => number;
}

async function meet(decide: Decide, req: IncomingMessage, res: ServerResponse, way: Way): Promise<void> {
  const body = Buffer.concat(await req.toArray());
  const fate = decide(
    String(req.headers['x-amz-target'] ?? '')
      .split('.')
      .at(-1)!,
    body.toString(),
    `${req.method} ${req.url}`,
  );
  if (fate === 'hang') return;
  if (fate === 'throttle')
    return void res.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(THROTTLED);
  if (fate === 'unavailable') return void res.writeHead(503).end();
  if (fate === 'thrice')
    await Promise.all([1, 2].map(() => sleep(way.random() * SPREAD_MS).then(() => forward(req, body, way))));
  const answer = await forward(req, body, way);
  if (fate === 'cut') return void req.socket.destroy();
  if (fate !== 'mute') res.writeHead(answer.status, answer.headers).end(answer.body);
}

async function forward(
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  { target, agent }: Way,
): Promise<{ status: number; headers: IncomingMessage['headers']; body: Buffer }> {
  const onward = request(new URL(url!, target), { method: method!, headers, agent });
  onward.end(body);
  const [answer] = (await once(onward, 'response')) as [IncomingMessage];
  return { status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(await answer.toArray()) };
}
