import { join } from 'node:path';
import { startDynamoDbEmulator } from './dynamodb-emulator';

const DYNAMODB_PORT = 8000;
const AWS_PORT = 4566;

/**
 * `node emulators.js <folder>`: DynamoDB on port 8000; SNS, SQS and S3 on port 4566, with their data in the folder.
 * They listen on every interface and check no key: for a container named `emulators`, on a network of its own.
 */
async function main(folder: string): Promise<void> {
  const { startFauxqs } = await import('fauxqs'); // is published as an ES module only
  const dynamodb = await startDynamoDbEmulator({
    path: join(folder, 'dynamodb'),
    host: '::',
    port: DYNAMODB_PORT,
    key: null,
    hostnames: ['emulators', '127.0.0.1', 'localhost'],
  });
  const aws = await startFauxqs({
    port: AWS_PORT,
    host: 'emulators',
    logger: false,
    dataDir: join(folder, 'aws'),
    s3StorageDir: join(folder, 's3'),
  });
  process.stdout.write(`DynamoDB on port ${DYNAMODB_PORT}; SNS, SQS and S3 on port ${AWS_PORT}\n`);

  const stop = () => Promise.all([dynamodb.stop(), aws.stop()]);
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void stop().then(() => process.exit(0)));
}

void main(process.argv[2]!);
