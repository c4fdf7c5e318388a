import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Alert } from '#contracts';
import { Dynamo, LocalStorage, type Storage } from '#platform';
import {
  eventually,
  freePort,
  mountSmallDisk,
  startDynamoDbProcess,
  startProcess,
  startStandalone,
  startFaultProxy,
  type PublishedAlert,
  type SmallDisk,
  type Stack,
  type TestDynamoDb,
  type TestProcess,
  type TestRedis,
  type FaultProxy,
} from '#testing';
import { startBucket, startTopic, type Bucket, type Topic } from './aws';

export interface RigOptions {
  workers?: number;
  env?: Record<string, string>;
  /** Alerts are published to a topic instead of a file. */
  topic?: boolean;
  /** Files are stored in a bucket instead of a folder. */
  bucket?: boolean;
  /** For scenarios with so many clients that this process has no time for the proxy to DynamoDB. */
  bypassDynamoProxy?: boolean;
  /** DATA_DIR is a disk of this size. Only root can mount one. */
  diskBytes?: number;
}

/** The body of `/health/ready`; null: no response. */
export type Ready = { status: 'ok' | 'degraded' | 'down'; checks: Record<string, 'ok' | 'down'> } | null;

/** Longer than any upload takes here, and short enough for abandoned ones to expire during a run. */
const UPLOAD_EXPIRY_SECONDS = '240';
const LIVE_POLL_MS = 1_000;
/** The timeout of the container's health check. */
const LIVE_TIMEOUT_MS = 5_000;
const READY_REQUEST_TIMEOUT_MS = 10_000;
const OUTPUT_TAIL_CHARS = 4_000;
const STOP_LIMIT_SECONDS = 20;
const READY_TIMEOUT_MS = 15_000;

/** The product with its dependencies behind fault proxies, and a monitor of its health. */
export class Rig {
  readonly workers: TestProcess[] = [];
  /** Wrong responses of `/health/*`, and processes that exited by themselves or did not stop properly, as sentences. */
  readonly violations: string[] = [];
  /** The API cannot answer, on purpose. */
  isApiUnavailable = false;
  private readonly received: PublishedAlert[] = [];
  private readonly watch: NodeJS.Timeout;

  /** Folders of tools at the times when workers were killed: those of the killed are reaped within five minutes. */
  readonly toolsAtKills = new Set<string>();

  private constructor(
    readonly stack: Stack,
    private readonly opsPort: number,
    private readonly emulator: TestDynamoDb,
    readonly dynamodb: FaultProxy,
    readonly topic: Topic | null,
    readonly bucket: Bucket | null,
    /** TMPDIR of all its processes. */
    readonly temp: string,
    readonly table: Dynamo,
    private readonly disk: SmallDisk | null,
  ) {
    this.watch = setInterval(() => void this.checkLive(), LIVE_POLL_MS);
  }

  static async start(
    random: () => number,
    { workers = 1, env = {}, topic: withTopic, bucket: withBucket, bypassDynamoProxy, diskBytes }: RigOptions = {},
  ): Promise<Rig> {
    const temp = await mkdtemp(join(tmpdir(), 'faults-'));
    const disk = diskBytes ? await mountSmallDisk(diskBytes) : null;
    const topic = withTopic ? await startTopic(random) : null;
    const bucket = withBucket ? await startBucket(temp) : null;
    const emulator = await startDynamoDbProcess();
    const dynamodb = await startFaultProxy(emulator.endpoint, random);
    const [port, opsPort] = [await freePort(), await freePort()];
    const stack = await startStandalone({
      workers: 0,
      env: {
        PORT: String(port),
        OPS_PORT: String(opsPort),
        TMPDIR: temp,
        UPLOAD_EXPIRY_SECONDS,
        LOG_LEVEL: 'warn',
        ...(disk && { DATA_DIR: disk.folder }),
        ...topic?.env,
        ...bucket?.env,
        ...env,
      },
      dynamoEndpoint: async () => (bypassDynamoProxy ? emulator.endpoint : dynamodb.url),
    });
    const table = Dynamo.connect(stack.processes!.environment.config({ AWS_ENDPOINT_URL_DYNAMODB: emulator.endpoint }));
    const rig = new Rig(stack, opsPort, emulator, dynamodb, topic, bucket, temp, table, disk);
    await Promise.all(Array.from({ length: workers }, () => rig.startWorker()));
    return rig;
  }

  get baseUrl(): string {
    return this.stack.baseUrl;
  }

  get redis(): TestRedis {
    return this.stack.processes!.environment.redis;
  }

  /** The product's storage, without faults. */
  get storage(): Storage {
    return this.bucket?.storage ?? new LocalStorage(this.dataDir);
  }

  get dataDir(): string {
    return this.stack.processes!.dataDir;
  }

  get api(): TestProcess {
    return this.stack.processes!.services[0]!;
  }

  async killApi(): Promise<void> {
    this.isApiUnavailable = true;
    await this.api.kill();
  }

  /** Starts the API at the same address. */
  async startApi(): Promise<void> {
    this.stack.processes!.services[0] = await startProcess('standalone', this.stack.processes!.env);
    this.isApiUnavailable = false;
  }

  /** Restarts all processes as a deployment does: SIGTERM, then new ones. Calls `meanwhile` when none is running. */
  async restart(meanwhile: () => Promise<unknown> = async () => {}): Promise<void> {
    this.isApiUnavailable = true;
    const workers = this.workers.splice(0);
    await Promise.all([this.api, ...workers].map((process) => this.shutDown(process)));
    await meanwhile();
    await Promise.all([this.startApi(), ...workers.map(() => this.startWorker())]);
  }

  async startWorker(overrides: Record<string, string> = {}): Promise<TestProcess> {
    const worker = await this.stack.processes!.startWorker({ OPS_PORT: '0', ...overrides });
    this.workers.push(worker);
    return worker;
  }

  async killWorker(worker: TestProcess): Promise<void> {
    this.workers.splice(this.workers.indexOf(worker), 1);
    await worker.kill();
    const entries = await readdir(join(this.dataDir, 'work')).catch(() => []);
    for (const name of entries) if (name.startsWith('tools-')) this.toolsAtKills.add(name);
  }

  async stopWorker(worker: TestProcess): Promise<void> {
    this.workers.splice(this.workers.indexOf(worker), 1);
    await worker.stop();
  }

  /** Stops a process, which must exit with code 0 within the 20 s of a platform's grace period. */
  private async shutDown(process: TestProcess): Promise<void> {
    const startedAt = Date.now();
    const code = await process.stop();
    const seconds = (Date.now() - startedAt) / 1_000;
    if (code !== 0 || seconds > STOP_LIMIT_SECONDS)
      this.violations.push(
        `a process that got SIGTERM exited with ${code} after ${seconds} s: ${process.output().slice(-500)}`,
      );
  }

  /** Command lines of running child processes of the workers: each names a folder of this rig. */
  async children(): Promise<string[]> {
    const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
    const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
    return lines
      .map((line) => line.replaceAll('\0', ' '))
      .filter((line) => line.includes(this.temp) || line.includes(join(this.dataDir, 'work')));
  }

  /** All alerts published so far. Skips a line that a crash cut off. */
  async alerts(): Promise<PublishedAlert[]> {
    if (!this.topic)
      return (await readFile(join(this.dataDir, 'alerts.ndjson'), 'utf8').catch(() => ''))
        .split('\n')
        .flatMap(parseAlert);
    for (const { message, attributes } of await this.topic.subscriber.receiveAll())
      this.received.push({ message: JSON.parse(message) as Alert, attributes });
    return this.received;
  }

  /** The last output of each process. */
  recentOutput(): string {
    return [this.api, ...this.workers].map((process) => process.output().slice(-OUTPUT_TAIL_CHARS)).join('\n');
  }

  async ready(): Promise<Ready> {
    const answer = await fetch(`${this.baseUrl}/health/ready`, {
      signal: AbortSignal.timeout(READY_REQUEST_TIMEOUT_MS),
    }).catch(() => null);
    const ready = (await answer?.json().catch(() => null)) as Ready;
    if (ready && (answer!.status === 503) !== (ready.status === 'down'))
      this.violations.push(`ready answered ${answer!.status} and "${ready.status}"`);
    return ready;
  }

  /** Waits until `/health/ready` reports one of the wanted states; a timeout is a violation. */
  async expectReady(...wanted: Array<NonNullable<Ready>['status']>): Promise<void> {
    await eventually(
      () => this.ready(),
      (ready) => ready !== null && wanted.includes(ready.status),
      READY_TIMEOUT_MS,
    ).catch((error: Error) => {
      this.violations.push(`ready did not become ${wanted.join(' or ')}: ${error.message}`);
    });
  }

  /** Stops the workers as an operator does, so that what they left can be counted. */
  async stopWorkers(): Promise<void> {
    await Promise.all([...this.workers].map((worker) => this.stopWorker(worker)));
  }

  async stop(): Promise<void> {
    clearInterval(this.watch);
    this.isApiUnavailable = true;
    this.table.close();
    await this.stack.stop();
    await this.dynamodb.stop();
    await this.emulator.stop();
    await this.topic?.stop();
    await this.bucket?.stop();
    await rm(this.temp, { recursive: true, force: true });
    await this.disk?.unmount();
  }

  /** `/health/live` must answer 200, and all processes must be running, unless a scenario stopped them. */
  private async checkLive(): Promise<void> {
    if (this.isApiUnavailable) return;
    const { pid } = this.api;
    const live = await fetch(`http://127.0.0.1:${this.opsPort}/health/live`, {
      signal: AbortSignal.timeout(LIVE_TIMEOUT_MS),
    }).then(
      ({ status }) => status,
      (error: Error) => error.message,
    );
    if (this.isApiUnavailable || pid !== this.api.pid) return;
    if (live !== 200) this.violations.push(`live answered ${live}`);
    for (const process of [this.api, ...this.workers])
      if (!existsSync(`/proc/${process.pid}`))
        this.violations.push(`process ${process.pid} exited: ${process.output().slice(-500)}`);
  }
}

function parseAlert(line: string): PublishedAlert[] {
  try {
    return [JSON.parse(line) as PublishedAlert];
  } catch {
    return [];
  }
}
