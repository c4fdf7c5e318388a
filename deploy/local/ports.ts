import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A loopback port that nobody listens on at this moment. From below 32768, where systems begin to take the ports of
 * outgoing connections: else a client that waits for a restarting server could sit on that server's port itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if ((await whyTaken(port, '127.0.0.1')) === null) return port;
  }
}

/** null when a server could listen there now, else the system's reason: EADDRINUSE, EACCES, … */
export async function whyTaken(port: number, host: string): Promise<string | null> {
  const server = createServer().listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
  server.close();
  await once(server, 'close');
  return null;
}
