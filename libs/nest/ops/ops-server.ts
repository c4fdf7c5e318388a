import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { answerHealth, type Health } from './health';
import { metricsText, metricsType, startMetrics } from './metrics';

/** Serves `/health/*` and `/metrics` on a separate port, for operators. */
export async function startOpsServer(health: Health, address: { host: string; port: number }): Promise<Server> {
  startMetrics();
  const server = createServer((req, res) => {
    answer(health, req, res).catch(() => {
      res.statusCode = 500;
      res.end();
    });
  });
  server.listen(address.port, address.host);
  await once(server, 'listening');
  return server;
}

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
