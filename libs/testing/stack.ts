import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Alert } from '#contracts';
import { ApiClient, newAccount, type Account } from './api-client';
import { createBucket, createTopic, startAws, subscribe, type TestAws } from './aws-emulators';
import { startGateway } from './gateway';
import { startProcess, type TestProcess } from './processes';
import { startTestEnvironment, type TestEnvironment } from './test-environment';

export interface PublishedAlert {
  message: Alert;
  attributes: Record<string, string>;
}

/** The product, running. */
export interface Stack {
  baseUrl: string;
  /** null: it runs elsewhere, and what it published can not be read. */
  alerts: (() => Promise<PublishedAlert[]>) | null;
  /** null: its processes are not ours to kill. */
  processes: {
    services: TestProcess[];
    workers: TestProcess[];
    startWorker(overrides?: Record<string, string>): Promise<TestProcess>;
    environment: TestEnvironment;
    env: Record<string, string>;
    dataDir: string;
  } | null;
  /** A client with an account of its own, logged in. */
  newUser(): Promise<{ api: ApiClient; account: Account }>;
  stop(): Promise<void>;
}

export interface StackOptions {
  /** A way of the test's own to DynamoDB, from its endpoint to another one. */
  dynamoEndpoint?: (endpoint: string) => Promise<string>;
  workers?: number;
  env?: Record<string, string>;
}

/** How the product can run; every end-to-end suite runs on each of them that is there. */
export const deployments: ReadonlyArray<[name: string, start: (options?: StackOptions) => Promise<Stack>]> = process.env
  .E2E_BASE_URL
  ? [['already running', () => Promise.resolve(running(process.env.E2E_BASE_URL!))]]
  : [
      ['standalone in local mode', startStandalone],
      ['four services apart in AWS mode', startApart],
    ];

/** For the suites that see bytes come and go: with their storage in S3 as well. */
export const deploymentsWithS3: typeof deployments = process.env.E2E_BASE_URL
  ? deployments
  : [...deployments, ['four services apart on S3', startApartOnS3]];

/** One for each storage: for the suites that need not see every way of running as well. */
export const deploymentsByStorage: typeof deployments = process.env.E2E_BASE_URL
  ? deployments
  : [deployments[0]!, ['four services apart on S3', startApartOnS3]];

/** API and workers as `npm start` runs them, alerts in a file. */
export async function startStandalone(options: StackOptions = {}): Promise<Stack> {
  const environment = await startTestEnvironment();
  const endpoint = await (options.dynamoEndpoint?.(environment.dynamodb.endpoint) ?? environment.dynamodb.endpoint);
  const env = environment.env({ AWS_ENDPOINT_URL_DYNAMODB: endpoint, ...options.env });
  const starting = startProcess('standalone', env).then((api) => ({ baseUrl: api.url, services: [api] }));
  return assemble(starting, environment, env, options, async () => {
    const lines = await readFile(join(env.DATA_DIR!, 'alerts.ndjson'), 'utf8').catch(() => '');
    return lines
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as PublishedAlert);
  });
}

/** Each service alone behind one address, talking to SNS and DynamoDB emulators; bytes lie on disk. */
async function startApart(options: StackOptions = {}): Promise<Stack> {
  return apart(await startAws(), options);
}

/** Likewise, but bytes lie in a bucket of an S3 emulator. */
async function startApartOnS3({ env, ...options }: StackOptions = {}): Promise<Stack> {
  const aws = await startAws();
  return apart(aws, {
    ...options,
    env: { S3_BUCKET: await createBucket(aws), AWS_ENDPOINT_URL_S3: aws.endpoint, ...env },
  });
}

async function apart(aws: TestAws, options: StackOptions): Promise<Stack> {
  const environment = await startTestEnvironment();
  const topicArn = await createTopic(aws);
  const subscriber = await subscribe(aws, topicArn);
  const received: PublishedAlert[] = [];
  const dataDir = await mkdtemp(join(tmpdir(), 'snapstream-apart-'));
  const env = environment.env({
    SNAPSTREAM_MODE: 'aws',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_SNS: aws.endpoint,
    SNS_TOPIC_ARN: topicArn,
    SESSION_SECRET: 'only for this test, and long enough',
    TRUST_PROXY: '1',
    DATA_DIR: dataDir,
    ...options.env,
  });
  const starting = startBehindFront(env);
  const stack = await assemble(starting, environment, env, options, async () => {
    for (const { message, attributes } of await subscriber.takeAll())
      received.push({ message: JSON.parse(message) as Alert, attributes });
    return received;
  });
  const stop = async () => {
    await (await starting).front.stop();
    await stack.stop();
    subscriber.close();
    await aws.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { ...stack, stop };
}

async function startBehindFront(env: Record<string, string>) {
  const services = await Promise.all(['auth', 'media', 'notification'].map((name) => startProcess(name, env)));
  const [auth, media, notification] = services.map(({ url }) => url);
  const front = await startGateway({ auth: auth!, media: media!, notification: notification! });
  return { baseUrl: front.url, services, front };
}

/** Workers start while the services do, as they do everywhere. */
async function assemble(
  starting: Promise<{ baseUrl: string; services: TestProcess[] }>,
  environment: TestEnvironment,
  env: Record<string, string>,
  { workers: count = 1 }: StackOptions,
  alerts: () => Promise<PublishedAlert[]>,
): Promise<Stack> {
  const workers: TestProcess[] = [];
  const startWorker = async (overrides: Record<string, string> = {}) => {
    const worker = await startProcess('worker', { ...env, ...overrides });
    workers.push(worker);
    return worker;
  };
  const [{ baseUrl, services }] = await Promise.all([starting, ...Array.from({ length: count }, () => startWorker())]);
  const stop = async () => {
    await Promise.all([...workers, ...services].map((process) => process.stop()));
    await environment.stop();
  };
  return {
    ...running(baseUrl),
    alerts,
    processes: { services, workers, startWorker, environment, env, dataDir: env.DATA_DIR! },
    stop,
  };
}

function running(baseUrl: string): Stack {
  const newUser = async () => {
    const api = new ApiClient(baseUrl);
    const { account } = await api.register(newAccount());
    return { api, account };
  };
  return { baseUrl, alerts: null, processes: null, newUser, stop: async () => {} };
}
