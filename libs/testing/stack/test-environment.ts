import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assumeEmulatorCredentials, emulatorCredentials, loadConfig, type Config } from '#config';
import { startDynamoDb } from './dynamodb';
import { startRedis, type TestRedis } from './redis';

export interface TestEnvironment {
  redis: TestRedis;
  dynamodb: { endpoint: string };
  /** Returns the settings of a service in this environment; `overrides` are environment variables. */
  config(overrides?: Record<string, string>): Config;
  /** Returns the environment variables of a process in this environment. */
  env(overrides?: Record<string, string>): Record<string, string>;
  stop(): Promise<void>;
}

/** Suites that do not want them are faster without analyses. */
export const withoutAnalyses = {
  ANALYSE_LABELS: 'off',
  ANALYSE_MODERATION: 'off',
  ANALYSE_TEXT: 'off',
  ANALYSE_SENTIMENT: 'off',
};

/** Starts a Redis and a DynamoDB emulator with an empty data folder for one test file. */
export async function startTestEnvironment(): Promise<TestEnvironment> {
  const [redis, dynamodb, dataDir] = await Promise.all([
    startRedis(),
    startDynamoDb(),
    mkdtemp(join(tmpdir(), 'snapstream-')),
  ]);
  const env = (overrides: Record<string, string> = {}) => ({
    DATA_DIR: dataDir,
    REDIS_URL: redis.url,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
    ...emulatorCredentials,
    PORT: '0',
    OPS_PORT: '0',
    LOG_LEVEL: 'silent',
    ...withoutAnalyses,
    ...overrides,
  });
  return {
    redis,
    dynamodb,
    env,
    config: (overrides) => {
      assumeEmulatorCredentials();
      return loadConfig(env(overrides));
    },
    stop: async () => {
      await Promise.all([redis.stop(), dynamodb.stop()]);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
