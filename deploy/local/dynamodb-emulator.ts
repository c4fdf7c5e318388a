import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AbstractKeyIterator, AbstractValueIterator } from 'abstract-level';
import dynalite from 'dynalite';
// not from #platform, which takes longer to load than the emulator to start
import { collectGarbage } from '../../libs/platform/idle-memory';

/**
 * dynalite 4.0.0 (db/index.js:431 and :464) closes its iterators by `return()`, which the iterators of abstract-level 3
 * do not have: without it each Query and Scan keeps a LevelDB snapshot and its table files until the process ends.
 */
for (const { prototype } of [AbstractKeyIterator, AbstractValueIterator]) {
  Object.assign(prototype, { return: prototype.close });
}

/**
 * LevelDB's memory behind an iterator is freed with its JavaScript object, and V8, which sees only that small object,
 * would collect it after some ten minutes and tens of megabytes.
 */
const COLLECT_GARBAGE_MS = 60_000;

export interface DynamoDbEmulatorOptions {
  /** The folder of its tables; created if it is missing. */
  path: string;
  host: string;
  /** 0: any free port. */
  port: number;
  /**
   * Clients send it as the path of their endpoint, so that the endpoint alone configures them. null: no key is checked.
   */
  key: string | null;
  /** The accepted host names of the Host header. */
  hostnames: readonly string[];
}

export interface DynamoDbEmulator {
  /** The URL for clients on this machine, with the key. */
  endpoint: string;
  stop(): Promise<void>;
}

/**
 * Starts dynalite with access control: by itself it checks no credentials and accepts requests of every web page
 * (`Access-Control-Allow-Origin: *`).
 */
export async function startDynamoDbEmulator(options: DynamoDbEmulatorOptions): Promise<DynamoDbEmulator> {
  mkdirSync(options.path, { recursive: true, mode: 0o700 });
  const server = dynalite({ path: options.path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  const [serve] = server.listeners('request') as [RequestListener];
  server.removeListener('request', serve).on('request', (req, res) => {
    if (isAdmitted(req, options)) serve(req, res);
    else res.writeHead(403, { connection: 'close' }).end();
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const collector = setInterval(() => collectGarbage(), COLLECT_GARBAGE_MS).unref();
  const stop = async () => {
    clearInterval(collector);
    const closed = Promise.withResolvers<void>();
    server.close(() => closed.resolve());
    server.closeAllConnections(); // the SDK keeps its connections alive
    await closed.promise;
  };
  return { endpoint: `http://127.0.0.1:${port}/${options.key ?? ''}`, stop };
}

/** Rejects browsers (Origin, Sec-Fetch-Site), other Host headers (DNS rebinding), and requests without the key. */
function isAdmitted(
  { headers, url = '/' }: IncomingMessage,
  { key, hostnames }: Pick<DynamoDbEmulatorOptions, 'key' | 'hostnames'>,
): boolean {
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) return false;
  if (!hostnames.includes(headers.host?.replace(/:\d+$/, '') ?? '')) return false;
  return key === null || isSame(url.split('/')[1] ?? '', key);
}

function isSame(given: string, key: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(key)];
  return one.length === other.length && timingSafeEqual(one, other);
}
