import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectRedis, SharedRate } from '#platform';
import { startAwsAnalysers, startRedis, type AwsOperations, type TestAwsAnalysers } from '#testing';
import type { AwsAccess } from './call';

export interface TestAccess {
  access: AwsAccess;
  requests: TestAwsAnalysers['requests'];
  /** What the test in progress responds instead of `answers`. */
  operations: AwsOperations;
  folder: string;
  /** Ends the connections of an adapter at the end. */
  open<A extends { close?(): Promise<void> }>(adapter: A): A;
  stop(): Promise<void>;
}

/**
 * Starts a server with the APIs of AWS, and what adapters need besides.
 * @param answers the responses by operation; the others are empty
 */
export async function startAccess(answers: AwsOperations): Promise<TestAccess> {
  const folder = mkdtempSync(join(tmpdir(), 'aws-'));
  const redis = await startRedis();
  const connection = connectRedis(redis.url, 'waiting');
  const operations: AwsOperations = {};
  const aws = await startAwsAnalysers((operation) => operations[operation] ?? answers[operation]);
  const opened: Array<{ close?(): Promise<void> }> = [];
  return {
    access: { region: 'eu-west-1', rate: new SharedRate(connection, 'test-', 100), client: aws.client },
    requests: aws.requests,
    operations,
    folder,
    open: (adapter) => {
      opened.push(adapter);
      return adapter;
    },
    async stop() {
      await Promise.all(opened.map((each) => each.close?.()));
      connection.disconnect();
      await Promise.all([aws.stop(), redis.stop()]);
      rmSync(folder, { recursive: true });
    },
  };
}
