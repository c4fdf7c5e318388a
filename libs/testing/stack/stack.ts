import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Alert } from '#contracts';
import { ApiClient, newAccount, type Account } from '../client/api-client';
import { createBucket, createTopic, startAws, subscribe, type TestAws } from '../servers/aws-emulators';
import { startGateway } from '../servers/gateway';
import { startProcess, type TestProcess } from './processes';
import { startTestEnvironment, type TestEnvironment } from './test-environment';

export interface PublishedAlert {
  message: Alert;
  attributes: Record<string, string>;
}

/** The product, running. */
export interface Stack {
  baseUrl: string;
  /** null if it runs elsewhere, so that its alerts cannot be read. */
  alerts: (() => Promise<PublishedAlert[]>) | null;
  /** null if its processes were not started by the test. */
  processes: {
    services: TestProcess[];
    workers: TestProcess[];
    startWorker(overrides?: Record<string, string>): Promise<TestProcess>;
    environment: TestEnvironment;
    env: Record<string, string>;
    dataDir: string;
  } | null;
  /** Returns a logged-in client with a new account. */
  newUser(): Promise<{ api: ApiClient; account: Account }>;
  stop(): Promise<void>;
}

export interface StackOptions {
  /** Maps the endpoint of DynamoDB to another one, e.g. of a fault proxy. */
  dynamoEndpoint?: (endpoint: string) => Promise<string>;
  workers?: number;
  env?: Record<string, string>;
}

/** The deployments of the product; every end-to-end suite runs on each of them. */
export const deployments: ReadonlyArray<[name: string, start: (options?: StackOptions) => Promise<Stack>]> = process.env
  .E2E_BASE_URL
  ? [['already running', () => Promise.resolve(stackAt(process.env.E2E_BASE_URL!))]]
  : [
      ['standalone in local mode', startStandalone],
      ['four separate services in AWS mode', startSeparate],
    ];

/** For suites that depend on the storage adapter: all deployments, and one with S3. */
export const deploymentsWithS3: typeof deployments = process.env.E2E_BASE_URL
  ? deployments
  : [...deployments, ['four separate services on S3', startSeparateOnS3]];

/** One deployment for each storage adapter, for suites that need not run on every deployment. */
export const deploymentsByStorage: typeof deployments = process.env.E2E_BASE_URL
  ? deployments
  : [deployments[0]!, ['four separate services on S3', startSeparateOnS3]];

/** Starts API and workers like `npm start`, with alerts in a file. */
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

/** Starts separate services behind a gateway, with emulators of SNS and DynamoDB and storage on disk. */
async function startSeparate(options: StackOptions = {}): Promise<Stack> {
  return startSeparateServices(await startAws(), options);
}

/** Like `startSeparate`, but with storage in an S3 emulator. */
async function startSeparateOnS3({ env, ...options }: StackOptions = {}): Promise<Stack> {
  const aws = await startAws();
  return startSeparateServices(aws, {
    ...options,
    env: { S3_BUCKET: await createBucket(aws), AWS_ENDPOINT_URL_S3: aws.endpoint, ...env },
  });
}

async function startSeparateServices(aws: TestAws, options: StackOptions): Promise<Stack> {
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
  const starting = startBehindGateway(env);
  const stack = await assemble(starting, environment, env, options, async () => {
    for (const { message, attributes } of await subscriber.receiveAll())
      received.push({ message: JSON.parse(message) as Alert, attributes });
    return received;
  });
  const stop = async () => {
    await (await starting).gateway.stop();
    await stack.stop();
    subscriber.close();
    await aws.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { ...stack, stop };
}

async function startBehindGateway(env: Record<string, string>) {
  const services = await Promise.all(['auth', 'media', 'notification'].map((name) => startProcess(name, env)));
  const [auth, media, notification] = services.map(({ url }) => url);
  const gateway = await startGateway({ auth: auth!, media: media!, notification: notification! });
  return { baseUrl: gateway.url, services, gateway };
}

/** Starts the workers in parallel with the services, as every deployment does. */
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
    ...stackAt(baseUrl),
    alerts,
    processes: { services, workers, startWorker, environment, env, dataDir: env.DATA_DIR! },
    stop,
  };
}

function stackAt(baseUrl: string): Stack {
  const newUser = async () => {
    const api = new ApiClient(baseUrl);
    const { account } = await api.register(newAccount());
    return { api, account };
  };
  return { baseUrl, alerts: null, processes: null, newUser, stop: async () => {} };
}
