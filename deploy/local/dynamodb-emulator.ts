import { AbstractKeyIterator, AbstractValueIterator } from 'abstract-level';
import dynalite from 'dynalite';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';

/**
 * dynalite 4.0.0 (db/index.js:431 and :464) ends its iterators by `return()`, which those of abstract-level 3 do not have:
 * without it each Query and Scan keeps a LevelDB snapshot, and the table files below it, until the process ends.
 */
for (const { prototype } of [AbstractKeyIterator, AbstractValueIterator]) {
  Object.assign(prototype, { return: prototype.close });
}

export interface DynamoDbEmulatorOptions {
  /** The folder of its tables; made if it is missing. */
  path: string;
  host: string;
  /** 0: any free one. */
  port: number;
}

export interface DynamoDbEmulator {
  /** For clients on this machine. */
  endpoint: string;
  stop(): Promise<void>;
}

/** dynalite, with its tables on disk. */
export async function startDynamoDbEmulator(options: DynamoDbEmulatorOptions): Promise<DynamoDbEmulator> {
  mkdirSync(options.path, { recursive: true, mode: 0o700 });
  const server = dynalite({ path: options.path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    const closed = Promise.withResolvers<void>();
    server.close(() => closed.resolve());
    server.closeAllConnections(); // the SDK keeps its connections alive
    await closed.promise;
  };
  return { endpoint: `http://127.0.0.1:${port}`, stop };
}
