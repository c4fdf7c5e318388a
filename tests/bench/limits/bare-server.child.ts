import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** `node bare-server.child.ts <folder>`: stores each request body in a file, with its sha256 and an fsync. */
const folder = process.argv[2]!;

async function store(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(req, hashing, createWriteStream(join(folder, randomUUID()), { flush: true }));
  res.writeHead(201).end(hash.digest('hex'));
}

const server = createServer((req, res) => void store(req, res).catch(() => res.destroy()));
server.requestTimeout = 0;
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
