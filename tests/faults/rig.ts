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
  startDynamoDbApart,
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
  /** Alerts go to a topic instead of a file. */
  topic?: boolean;
  /** What it keeps lies in a bucket instead of a folder. */
  bucket?: boolean;
  /** So many clients that this process has no time to be the way to DynamoDB. */
  crowd?: boolean;
  /** What it keeps lies on a disk of this size. Root alone can make one. */
  diskBytes?: number;
}

/** What `/health/ready` says. null: nobody answers. */
export type Ready = { status: 'ok' | 'degraded' | 'down'; checks: Record<string, 'ok' | 'down'> } | null;

/** Longer than anybody here needs for an upload, and short enough to see what becomes of one that nobody goes on with. */
const UPLOAD_EXPIRY_SECONDS = '240';
const LIVE_EVERY_MS = 1_000;
/** As the container's health check asks it. */
const LIVE_WITHIN_MS = 5_000;
const READY_ANSWER_MS = 10_000;
const LAST_WORDS = 4_000;
const STOPS_WITHIN_SECONDS = 20;
const READY_WITHIN_MS = 15_000;

/** The product with everything around it where it can be hurt, and eyes on its health. */
export class Rig {
  readonly workers: TestProcess[] = [];
  /** What `/health/*` said that was not so, in sentences; and processes that ended by themselves. */
  readonly lies: string[] = [];
  /** The API can not answer, on purpose. */
  isSilent = false;
  private readonly received: PublishedAlert[] = [];
  private readonly watch: NodeJS.Timeout;

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
    this.watch = setInterval(() => void this.checkLive(), LIVE_EVERY_MS);
  }

  static async start(
    random: () => number,
    { workers = 1, env = {}, topic: withTopic, bucket: withBucket, crowd, diskBytes }: RigOptions = {},
  ): Promise<Rig> {
    const temp = await mkdtemp(join(tmpdir(), 'faults-'));
    const disk = diskBytes ? await mountSmallDisk(diskBytes) : null;
    const topic = withTopic ? await startTopic(random) : null;
    const bucket = withBucket ? await startBucket(temp) : null;
    const emulator = await startDynamoDbApart();
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
      dynamoEndpoint: async () => (crowd ? emulator.endpoint : dynamodb.url),
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

  /** What it keeps, by a way that nobody hurts. */
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
    this.isSilent = true;
    await this.api.kill();
  }

  /** At the same address. */
  async startApi(): Promise<void> {
    this.stack.processes!.services[0] = await startProcess('standalone', this.stack.processes!.env);
    this.isSilent = false;
  }

  /** As a deploy does it: SIGTERM, then the new ones. `meanwhile` is when nobody runs. */
  async restart(meanwhile: () => Promise<unknown> = async () => {}): Promise<void> {
    this.isSilent = true;
    const workers = this.workers.splice(0);
    await Promise.all([this.api, ...workers].map((process) => this.end(process)));
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
  }

  async stopWorker(worker: TestProcess): Promise<void> {
    this.workers.splice(this.workers.indexOf(worker), 1);
    await worker.stop();
  }

  /** Below the 20 s that a platform gives, and as it should. */
  private async end(process: TestProcess): Promise<void> {
    const startedAt = Date.now();
    const code = await process.stop();
    const seconds = (Date.now() - startedAt) / 1_000;
    if (code !== 0 || seconds > STOPS_WITHIN_SECONDS)
      this.lies.push(
        `a process that was told to stop ended with ${code} after ${seconds} s: ${process.output().slice(-500)}`,
      );
  }

  /** Command lines of what the workers started and what still runs: each names a folder of ours. */
  async children(): Promise<string[]> {
    const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
    const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
    return lines
      .map((line) => line.replaceAll('\0', ' '))
      .filter((line) => line.includes(this.temp) || line.includes(join(this.dataDir, 'work')));
  }

  /** All that was published so far. A line that a crash tore is none. */
  async alerts(): Promise<PublishedAlert[]> {
    if (!this.topic)
      return (await readFile(join(this.dataDir, 'alerts.ndjson'), 'utf8').catch(() => '')).split('\n').flatMap(parsed);
    for (const { message, attributes } of await this.topic.subscriber.takeAll())
      this.received.push({ message: JSON.parse(message) as Alert, attributes });
    return this.received;
  }

  /** The last words of its processes. */
  words(): string {
    return [this.api, ...this.workers].map((process) => process.output().slice(-LAST_WORDS)).join('\n');
  }

  async ready(): Promise<Ready> {
    const answer = await fetch(`${this.baseUrl}/health/ready`, { signal: AbortSignal.timeout(READY_ANSWER_MS) }).catch(
      () => null,
    );
    const ready = (await answer?.json().catch(() => null)) as Ready;
    if (ready && (answer!.status === 503) !== (ready.status === 'down'))
      this.lies.push(`ready answered ${answer!.status} and "${ready.status}"`);
    return ready;
  }

  /** Waits until the readiness is what it has to be now; notes it where that does not come true. */
  async expectReady(...wanted: Array<NonNullable<Ready>['status']>): Promise<void> {
    await eventually(
      () => this.ready(),
      (ready) => ready !== null && wanted.includes(ready.status),
      READY_WITHIN_MS,
    ).catch((error: Error) => {
      this.lies.push(`ready should have said ${wanted.join(' or ')}: ${error.message}`);
    });
  }

  /** Ends the workers as an operator does, so that what they left can be counted. */
  async stopWorkers(): Promise<void> {
    await Promise.all([...this.workers].map((worker) => this.stopWorker(worker)));
  }

  async stop(): Promise<void> {
    clearInterval(this.watch);
    this.isSilent = true;
    this.table.close();
    await this.stack.stop();
    await this.dynamodb.stop();
    await this.emulator.stop();
    await this.topic?.stop();
    await this.bucket?.stop();
    await rm(this.temp, { recursive: true, force: true });
    await this.disk?.unmount();
  }

  /** A process that answers must not be restarted; one that was not killed must not be gone. */
  private async checkLive(): Promise<void> {
    if (this.isSilent) return;
    const { pid } = this.api;
    const live = await fetch(`http://127.0.0.1:${this.opsPort}/health/live`, {
      signal: AbortSignal.timeout(LIVE_WITHIN_MS),
    }).then(
      ({ status }) => status,
      (error: Error) => error.message,
    );
    if (this.isSilent || pid !== this.api.pid) return;
    if (live !== 200) this.lies.push(`live answered ${live}`);
    for (const process of [this.api, ...this.workers])
      if (!existsSync(`/proc/${process.pid}`))
        this.lies.push(`process ${process.pid} is gone: ${process.output().slice(-500)}`);
  }
}

function parsed(line: string): PublishedAlert[] {
  try {
    return [JSON.parse(line) as PublishedAlert];
  } catch {
    return [];
  }
}
