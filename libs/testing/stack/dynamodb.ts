import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import dynalite from 'dynalite';

export interface TestDynamoDb {
  endpoint: string;
  stop(): Promise<void>;
}

/** Starts an in-memory DynamoDB emulator on a free loopback port. Clients need credentials, but any will do. */
export async function startDynamoDb(): Promise<TestDynamoDb> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 }).listen(0, '127.0.0.1');
  const running = new Set<ServerResponse>();
  server.prependListener('request', (_req, res) => {
    running.add(res);
    res.once('close', () => setTimeout(() => running.delete(res), 20));
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async stop() {
      // dynalite throws for a request that is being processed when its tables close
      for (const deadline = Date.now() + 2_000; running.size > 0 && Date.now() < deadline;) await sleep(10);
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections(); // clients use keep-alive
      await closed.promise;
    },
  };
}
