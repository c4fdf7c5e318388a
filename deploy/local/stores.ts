import { childEnv, type Config } from '#config';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Child, type Watcher } from './child';
import { freePort } from './ports';

const STOP_MS = 10_000;
/** Sign-in to the emulator, which asks for some and checks none. */
const EMULATOR_CREDENTIALS = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

/** null: the SDK's own, real AWS. */
export interface StoreAddresses {
  redisUrl: string | null;
  dynamodbEndpoint: string | null;
}

/** Redis and the DynamoDB emulator of an installation, where none is given. */
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

  /** @throws {ChildNeverReadyError} */
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
    return `redis://127.0.0.1:${await this.#run('Redis', 'redis')}`;
  }

  async #dynamodb(): Promise<string | null> {
    if (this.config.dynamodbEndpoint || this.config.mode === 'aws') return this.config.dynamodbEndpoint;
    return `http://127.0.0.1:${await this.#run('DynamoDB', 'dynalite', 'dynamodb')}`;
  }

  /** Its port stays the same for all its restarts, so that clients find it again. */
  async #run(title: string, script: string, name = script): Promise<number> {
    const port = await freePort();
    const args = [join(this.config.dataDir, name), String(port)];
    const spec = { name, script: join(__dirname, `${script}.js`), args, env: childEnv({}), drainMs: STOP_MS, logFile: join(this.#logs, `${name}.log`) };
    const child = new Child(spec, this.watcher);
    this.#children.push(child);
    if (this.#stopping) child.kill(); // a start that is still under way comes to nothing
    await child.start();
    this.watcher.say(`${title} is ready (port ${port})`);
    return port;
  }
}

/** The environment of a process that works with these stores; what is set already goes before `defaults`. */
export function storesEnv(config: Config, { redisUrl, dynamodbEndpoint }: StoreAddresses, defaults: Record<string, string> = {}): Record<string, string> {
  const emulated = dynamodbEndpoint !== null && dynamodbEndpoint !== config.dynamodbEndpoint;
  const realAws = config.s3Bucket !== null || config.snsTopicArn !== null; // has credentials of its own
  return childEnv(
    { ...(redisUrl && { REDIS_URL: redisUrl }), ...(emulated && { AWS_ENDPOINT_URL_DYNAMODB: dynamodbEndpoint }) },
    { ...defaults, ...(emulated && !realAws && EMULATOR_CREDENTIALS) },
  );
}
