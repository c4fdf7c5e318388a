import dynalite from 'dynalite';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
// The file itself: the whole of #platform takes longer to load than the emulator to start.
import { announceReady, stopWithParent } from '../../libs/platform/supervised';

/** `node dynalite.js <folder> <port>`: the DynamoDB emulator, its tables on disk. */
async function main(path: string, port: number): Promise<void> {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const server = dynalite({ path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 }).listen(port, '127.0.0.1');
  const stop = async () => {
    const closed = Promise.withResolvers<void>();
    server.close(() => closed.resolve());
    server.closeAllConnections(); // the SDK keeps its connections alive
    await closed.promise;
  };
  process.once('SIGTERM', () => void stop().then(() => process.exit(0)));
  stopWithParent(stop);
  await once(server, 'listening');
  await listTables(port);
  announceReady();
}

/** The store is opened by the first request. One that is locked still, or damaged, ends the process, and it is started again. */
async function listTables(port: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.ListTables',
      'x-amz-date': '20260101T000000Z',
      authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=unchecked',
    },
    body: '{}',
  });
  if (!answer.ok) throw new Error(`Expected the tables of the DynamoDB emulator, but received ${answer.status}`);
}

void main(process.argv[2]!, Number(process.argv[3]));
