import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Returns a free loopback port. Below 32768, where the ephemeral ports of outgoing connections begin (Linux,
 * ip_local_port_range): otherwise a client that reconnects to a restarting server could occupy the server's own port.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if ((await listenError(port, '127.0.0.1')) === null) return port;
  }
}

/** Returns the error code of listening there (EADDRINUSE, EACCES, …), or null when it is possible now. */
export async function listenError(port: number, host: string): Promise<string | null> {
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
