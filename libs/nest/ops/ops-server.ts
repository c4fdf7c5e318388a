import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Config } from '#config';
import { hostCheck } from '../http/known-host';
import { answerHealth, type Health } from './health';
import { metricsText, metricsType, startMetrics } from './metrics';

/** Serves `/health/*` and `/metrics` on OPS_HOST and OPS_PORT, for operators. */
export async function startOpsServer(health: Health, { opsHost, opsPort }: Config): Promise<Server> {
  startMetrics();
  // On other addresses a monitor may use any name, and a browser that is led there by DNS rebinding finds no cookie.
  const isKnown = isLoopback(opsHost) ? hostCheck({ host: opsHost, publicUrl: null }) : () => true;
  const server = createServer((req, res) => {
    if (!isKnown(req.headers.host ?? opsHost)) return void res.writeHead(421).end();
    answer(health, req, res).catch(() => {
      res.statusCode = 500;
      res.end();
    });
  });
  server.listen(opsPort, opsHost);
  await once(server, 'listening');
  return server;
}

const isLoopback = (host: string) => /^(?:127\.|::1$|localhost$)/.test(host);

async function answer(health: Health, req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (await answerHealth(health, req, res)) return;
  if (req.method === 'GET' && req.url === '/metrics') {
    res.setHeader('Content-Type', metricsType);
    res.end(await metricsText());
    return;
  }
  res.statusCode = 404;
  res.end();
}
