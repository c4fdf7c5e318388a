import { text } from 'node:stream/consumers';
// Not from #platform, which takes longer to load than the emulator to start.
import { announceReady, stopWithParent } from '../../libs/platform/supervisor-ipc';
import { startDynamoDbEmulator } from './dynamodb-emulator';

/**
 * `node dynalite.js <folder> <port>`: the DynamoDB emulator with its tables on disk. Reads its key from stdin, which
 * other users cannot read.
 */
async function main(path: string, port: number): Promise<void> {
  const key = await text(process.stdin);
  if (key === '') throw new Error('Expected the key of the DynamoDB emulator on stdin, but received nothing');
  const { endpoint, stop } = await startDynamoDbEmulator({
    path,
    host: '127.0.0.1',
    port,
    key,
    hostnames: ['127.0.0.1', 'localhost'],
  });
  process.once('SIGTERM', () => void stop().then(() => process.exit(0)));
  stopWithParent(stop);
  await listTables(endpoint);
  announceReady();
}

/** Sends the first request, which opens the store. A locked or damaged one ends the process, and it is restarted. */
async function listTables(endpoint: string): Promise<void> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.ListTables',
      'x-amz-date': '20260101T000000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, ' +
        'SignedHeaders=host, Signature=unchecked',
    },
    body: '{}',
  });
  if (!response.ok) throw new Error(`Expected the tables of the DynamoDB emulator, but received ${response.status}`);
}

void main(process.argv[2]!, Number(process.argv[3]));
