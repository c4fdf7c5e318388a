import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

/** Starts a reverse proxy in front of separate services, like nginx in production: routes by path and streams. */
export async function startGateway(services: {
  auth: string;
  media: string;
  notification: string;
}): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((req, res) => {
    const target = new URL(req.url!, serviceOf(req.url!, services));
    const forwarded = { ...req.headers, 'x-forwarded-for': req.socket.remoteAddress, 'x-forwarded-proto': 'http' };
    const onward = request(target, { method: req.method!, headers: forwarded }, (answer) => {
      res.writeHead(answer.statusCode!, answer.headers);
      res.flushHeaders();
      pipeline(answer, res, () => {});
    });
    onward.on('error', () => (res.headersSent ? res.destroy() : res.writeHead(502).end()));
    res.on('close', () => onward.destroy());
    pipeline(req, onward, () => {});
  });
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function serviceOf(path: string, services: { auth: string; media: string; notification: string }): string {
  if (/^\/api\/(notifications|events)\b/.test(path)) return services.notification;
  if (/^\/api\/(media|uploads|admin\/(?!users|audit))\b/.test(path)) return services.media;
  return services.auth;
}
