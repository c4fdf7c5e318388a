import { childEnv, type Config } from '#config';
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Child, type Watcher } from './child';
import { freePort, whyTaken } from './ports';

const DRAIN_MS = 20_000;
const DEFAULT_OPS_PORT = 9090;
/** Sign-in to the emulator, which asks for some and checks none. */
const EMULATOR_CREDENTIALS = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
/** Password hashes and files share libuv's pool; its default of 4 lets a few log-ins delay every upload. */
const THREAD_POOL_SIZE = String(Math.max(8, availableParallelism()));

export interface Addresses {
  url: string;
  redisUrl: string | null;
  dynamodbEndpoint: string | null;
}

/** Everything one `npm start` runs: Redis and the DynamoDB emulator where none is given, the API, the workers. */
export class Installation {
  readonly #stores: Child[] = [];
  readonly #services: Child[] = [];
  readonly #logs: string;
  #stopping = false;

  /** `servicesDir` holds `standalone/main.js` and `worker/main.js`. */
  constructor(
    private readonly config: Config,
    private readonly servicesDir: string,
    private readonly watcher: Watcher,
  ) {
    this.#logs = join(config.dataDir, 'logs');
  }

  get pids(): number[] {
    return [...this.#services, ...this.#stores].flatMap((child) => child.pid ?? []);
  }

  /** Stores first, then who needs them. @throws {ChildNeverReadyError} */
  async start(): Promise<Addresses> {
    mkdirSync(this.#logs, { recursive: true, mode: 0o700 });
    const [redisUrl, dynamodbEndpoint] = await Promise.all([this.#redis(), this.#dynamodb()]);
    const env = this.#serviceEnv(redisUrl, dynamodbEndpoint);
    const port = this.config.port || (await freePort()); // chosen once: a restarted API comes back where browsers look for it
    const [url] = await Promise.all([this.#api(port, env), this.#workers(env)]);
    return { url, redisUrl, dynamodbEndpoint };
  }

  /** The API and the workers drain while their stores still serve. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#services.map((child) => child.stop()));
    await Promise.all(this.#stores.map((child) => child.stop()));
  }

  kill(): void {
    for (const child of [...this.#services, ...this.#stores]) child.kill();
  }

  async #redis(): Promise<string | null> {
    if (this.config.redisUrl || this.config.mode === 'aws') return this.config.redisUrl;
    const port = await this.#runStore('Redis', 'redis');
    return `redis://127.0.0.1:${port}`;
  }

  async #dynamodb(): Promise<string | null> {
    if (this.config.dynamodbEndpoint || this.config.mode === 'aws') return this.config.dynamodbEndpoint;
    const port = await this.#runStore('DynamoDB', 'dynalite', 'dynamodb');
    return `http://127.0.0.1:${port}`;
  }

  /** Its port stays the same for all its restarts, so that clients find it again. */
  async #runStore(title: string, script: string, folder = script): Promise<number> {
    const port = await freePort();
    const child = this.#child(this.#stores, folder, join(__dirname, `${script}.js`), childEnv({}), 10_000, [join(this.config.dataDir, folder), String(port)]);
    await child.start();
    this.watcher.say(`${title} is ready (port ${port})`);
    return port;
  }

  async #api(port: number, env: Record<string, string>): Promise<string> {
    const opsPort = await this.#opsPort();
    const main = join(this.servicesDir, 'standalone', 'main.js');
    const api = this.#child(this.#services, 'api', main, { ...env, PORT: String(port), OPS_PORT: String(opsPort) }, DRAIN_MS);
    await api.start();
    this.watcher.say(`API is ready (health and metrics on port ${opsPort})`);
    return addressOf(this.config.host, port);
  }

  async #workers(env: Record<string, string>): Promise<void> {
    const main = join(this.servicesDir, 'worker', 'main.js');
    const numbers = Array.from({ length: this.config.workers }, (_, index) => index + 1);
    const workers = numbers.map((number) => this.#child(this.#services, `worker-${number}`, main, { ...env, OPS_PORT: '0' }, DRAIN_MS));
    await Promise.all(workers.map((worker) => worker.start()));
    if (workers.length > 0) this.watcher.say(workers.length === 1 ? '1 worker is ready' : `${workers.length} workers are ready`);
  }

  /** The default gives way to whoever has it; a chosen one is asked for by a monitor and stays. */
  async #opsPort(): Promise<number> {
    if (this.config.opsPort !== DEFAULT_OPS_PORT) return this.config.opsPort;
    return (await whyTaken(DEFAULT_OPS_PORT, this.config.host)) ? freePort() : DEFAULT_OPS_PORT;
  }

  #serviceEnv(redisUrl: string | null, dynamodbEndpoint: string | null): Record<string, string> {
    const emulated = dynamodbEndpoint !== null && dynamodbEndpoint !== this.config.dynamodbEndpoint;
    const realAws = this.config.s3Bucket !== null || this.config.snsTopicArn !== null; // has credentials of its own
    return childEnv(
      { ...(redisUrl && { REDIS_URL: redisUrl }), ...(emulated && { AWS_ENDPOINT_URL_DYNAMODB: dynamodbEndpoint }) },
      { NODE_ENV: 'production', UV_THREADPOOL_SIZE: THREAD_POOL_SIZE, ...(emulated && !realAws && EMULATOR_CREDENTIALS) },
    );
  }

  #child(group: Child[], name: string, script: string, env: Record<string, string>, drainMs: number, args: string[] = []): Child {
    const child = new Child({ name, script, args, env, drainMs, logFile: join(this.#logs, `${name}.log`) }, this.watcher);
    group.push(child);
    if (this.#stopping) child.kill(); // a start that is still under way comes to nothing
    return child;
  }
}

/** Where a browser on this machine finds a server that listens on `host`. */
function addressOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
