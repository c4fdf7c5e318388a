import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DependencyUnavailableError } from '#platform';
import { hostCheck } from '../http/known-host';
import { answerHealth, type Health } from './health';
import { metricsText, metricsType, startMetrics } from './metrics';
import type { Scaling } from './scaling';

/**
 * Serves `/health/*`, `/metrics` and `/scaling` on OPS_HOST and a separate port, for operators; `fallback`: on any free
 * port when that is in use.
 * @throws EADDRINUSE
 */
export async function startOpsServer(
  { health, scaling }: { health: Health; scaling: Scaling },
  address: { host: string; port: number; fallback: boolean },
): Promise<{ server: Server; port: number }> {
  startMetrics();
  // On other addresses a monitor may use any name, and a browser that is led there by DNS rebinding finds no cookie.
  const { host } = address;
  const isKnown = isLoopback(host) ? hostCheck({ host, publicUrl: null }) : () => true;
  const server = createServer((req, res) => {
    if (!isKnown(req.headers.host ?? host)) return void res.writeHead(421).end();
    answer({ health, scaling }, req, res).catch((error: unknown) => {
      res.statusCode = error instanceof DependencyUnavailableError ? 503 : 500;
      res.end();
    });
  });
  await listen(server, address.port, host).catch((error: NodeJS.ErrnoException) => {
    if (!address.fallback || error.code !== 'EADDRINUSE') throw error;
    return listen(server, 0, host);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening');
}

const isLoopback = (host: string) => /^(?:127\.|::1$|localhost$)/.test(host);

async function answer(
  { health, scaling }: { health: Health; scaling: Scaling },
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  if (await answerHealth(health, req, res)) return;
  if (req.method === 'GET' && req.url === '/metrics') {
    res.setHeader('Content-Type', metricsType);
    res.end(await metricsText());
    return;
  }
  if (req.method === 'GET' && req.url === '/scaling') {
    const body = JSON.stringify(await scaling.read());
    res.setHeader('Content-Type', 'application/json; charset=utf-8');
    res.setHeader('Cache-Control', 'no-store');
    res.end(body);
    return;
  }
  res.statusCode = 404;
  res.end();
}
