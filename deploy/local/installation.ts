import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Config } from '#config';
import { Child, type Watcher } from './child';
import { freePort } from './ports';
import { Stores, storesEnv, type StoreAddresses } from './stores';

const DRAIN_MS = 20_000;
/** Password hashing and file access share libuv's pool; with its default of 4, a few logins delay every upload. */
const THREAD_POOL_SIZE = String(Math.max(8, availableParallelism()));

export interface Addresses extends StoreAddresses {
  url: string;
}

/** The processes of one `npm start`: Redis and the DynamoDB emulator unless the settings name others, API, workers. */
export class Installation {
  readonly #stores: Stores;
  readonly #services: Child[] = [];
  readonly #logs: string;
  #stopping = false;

  /**
   * `servicesDir` contains `standalone/main.js` and `worker/main.js`. `inspectPort`: debuggers reach the API on this
   * port and the workers on the following ones; null: no debugger.
   */
  constructor(
    private readonly config: Config,
    private readonly servicesDir: string,
    private readonly watcher: Watcher,
    private readonly inspectPort: number | null = null,
  ) {
    this.#logs = join(config.dataDir, 'logs');
    this.#stores = new Stores(config, watcher);
  }

  get pids(): number[] {
    return [...this.#services.flatMap((child) => child.pid ?? []), ...this.#stores.pids];
  }

  /** Starts the stores, then the services that need them. @throws {OperatorError} */
  async start(): Promise<Addresses> {
    const stores = await this.#stores.start();
    const env = storesEnv(this.config, stores, { NODE_ENV: 'production', UV_THREADPOOL_SIZE: THREAD_POOL_SIZE });
    const port = this.config.port || (await freePort()); // chosen once: a restarted API keeps its address
    const [url] = await Promise.all([this.#api(port, env), this.#workers(env)]);
    if (this.inspectPort)
      this.watcher.say(`Debuggers reach the API on port ${this.inspectPort}, the workers on the next ones`);
    return { url, ...stores };
  }

  /** Stops the API and the workers, which drain while the stores are still running, then the stores. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#services.map((child) => child.stop()));
    await this.#stores.stop();
  }

  /** Drains and restarts the API and the workers with the code on disk; the stores keep running. */
  async restartServices(): Promise<void> {
    await Promise.all(this.#services.map((child) => child.restart()));
  }

  kill(): void {
    for (const child of this.#services) child.kill();
    this.#stores.kill();
  }

  async #api(port: number, env: Record<string, string>): Promise<string> {
    const main = join(this.servicesDir, 'standalone', 'main.js');
    const api = this.#service('api', 0, main, { ...env, PORT: String(port) });
    const { opsPort } = await api.start();
    this.watcher.say(`API is ready (health and metrics on port ${opsPort})`);
    return urlOf(this.config.host, port);
  }

  async #workers(env: Record<string, string>): Promise<void> {
    const main = join(this.servicesDir, 'worker', 'main.js');
    const numbers = Array.from({ length: this.config.workers }, (_, index) => index + 1);
    const workers = numbers.map((number) => this.#service(`worker-${number}`, number, main, { ...env, OPS_PORT: '0' }));
    await Promise.all(workers.map((worker) => worker.start()));
    if (workers.length > 0)
      this.watcher.say(workers.length === 1 ? '1 worker is ready' : `${workers.length} workers are ready`);
  }

  #service(name: string, number: number, script: string, env: Record<string, string>): Child {
    const nodeArgs = this.inspectPort === null ? [] : [`--inspect=${this.inspectPort + number}`];
    const spec = { name, script, env, nodeArgs, drainMs: DRAIN_MS, logFile: join(this.#logs, `${name}.log`) };
    const child = new Child(spec, this.watcher);
    this.#services.push(child);
    if (this.#stopping) child.kill(); // `stop` was called during the start
    return child;
  }
}

/** Returns the URL by which a browser on this machine reaches a server that listens on `host`. */
function urlOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
