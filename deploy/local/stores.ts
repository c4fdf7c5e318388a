import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { childEnv, emulatorCredentials, type Config } from '#config';
import { Child, type Watcher } from './child';
import { freePort } from './ports';

const STOP_MS = 10_000;

/** URLs of the stores, with the secrets of those that we have started. null: the default of the SDK, real AWS. */
export interface StoreAddresses {
  redisUrl: string | null;
  dynamodbEndpoint: string | null;
}

/** Redis and the DynamoDB emulator of an installation, unless the settings name others. */
export class Stores {
  readonly #children: Child[] = [];
  readonly #logs: string;
  #stopping = false;

  constructor(
    private readonly config: Config,
    private readonly watcher: Watcher,
  ) {
    this.#logs = join(config.dataDir, 'logs');
  }

  get pids(): number[] {
    return this.#children.flatMap((child) => child.pid ?? []);
  }

  /** @throws {OperatorError} */
  async start(): Promise<StoreAddresses> {
    mkdirSync(this.#logs, { recursive: true, mode: 0o700 });
    const [redisUrl, dynamodbEndpoint] = await Promise.all([this.#redis(), this.#dynamodb()]);
    return { redisUrl, dynamodbEndpoint };
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#children.map((child) => child.stop()));
  }

  kill(): void {
    this.#stopping = true;
    for (const child of this.#children) child.kill();
  }

  async #redis(): Promise<string | null> {
    if (this.config.redisUrl || this.config.mode === 'aws') return this.config.redisUrl;
    const { port, secret } = await this.#run('Redis', 'redis');
    return `redis://:${secret}@127.0.0.1:${port}`;
  }

  async #dynamodb(): Promise<string | null> {
    if (this.config.dynamodbEndpoint || this.config.mode === 'aws') return this.config.dynamodbEndpoint;
    const { port, secret } = await this.#run('DynamoDB', 'dynalite', 'dynamodb');
    return `http://127.0.0.1:${port}/${secret}`;
  }

  /** The store keeps its port and secret when it is restarted, so that clients can reconnect. */
  async #run(title: string, script: string, name = script): Promise<{ port: number; secret: string }> {
    const port = await freePort();
    const secret = randomBytes(32).toString('hex');
    const spec = {
      name,
      script: join(__dirname, `${script}.js`),
      args: [join(this.config.dataDir, name), String(port)],
      input: secret,
      env: childEnv({}),
      drainMs: STOP_MS,
      logFile: join(this.#logs, `${name}.log`),
    };
    const child = new Child(spec, this.watcher);
    this.#children.push(child);
    if (this.#stopping) child.kill(); // `stop` was called during the start
    await child.start();
    this.watcher.say(`${title} is ready (port ${port})`);
    return { port, secret };
  }
}

/** Returns the environment of a process that uses these stores. Variables that are already set override `defaults`. */
export function storesEnv(
  config: Config,
  addresses: StoreAddresses,
  defaults: Record<string, string> = {},
): Record<string, string> {
  const { endpoints, credentials } = storeSettings(config, addresses);
  return childEnv(endpoints, { ...defaults, ...credentials });
}

/** Returns the settings that name these stores, and credentials for the emulator where it is the only AWS service. */
export function storeSettings(
  config: Config,
  { redisUrl, dynamodbEndpoint }: StoreAddresses,
): Record<'endpoints' | 'credentials', Record<string, string>> {
  const emulated = dynamodbEndpoint !== null && dynamodbEndpoint !== config.dynamodbEndpoint;
  const realAws = config.s3Bucket !== null || config.snsTopicArn !== null; // with the credentials of the operator
  return {
    endpoints: {
      ...(redisUrl && { REDIS_URL: redisUrl }),
      ...(emulated && { AWS_ENDPOINT_URL_DYNAMODB: dynamodbEndpoint }),
    },
    credentials: emulated && !realAws ? emulatorCredentials : {},
  };
}
