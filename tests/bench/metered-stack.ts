import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { eventually, startStandalone, type ApiClient, type Stack } from '#testing';
import { cpuByRole, usageByRole } from '../soak/process-usage';
import { startDynamoMeter, type DynamoMeter, type DynamoUsage } from './dynamo-meter';
import { readRedis, type RedisUsage } from './redis-meter';
import type { Subject } from './subject';

export interface RoundTrips {
  dynamo: DynamoUsage;
  redis: RedisUsage;
}

/** A running product whose round trips to the stores are counted. */
export class MeteredStack {
  private constructor(
    private readonly stack: Stack,
    private readonly meter: DynamoMeter,
    private readonly redis: Redis,
    private readonly api: ApiClient,
  ) {}

  static async start(workers: number): Promise<MeteredStack> {
    const started = Promise.withResolvers<DynamoMeter>();
    const stack = await startStandalone({
      workers,
      dynamoEndpoint: async (endpoint) => {
        started.resolve(await startDynamoMeter(endpoint));
        return (await started.promise).url;
      },
    });
    const redis = new Redis(stack.processes!.environment.redis.url);
    return new MeteredStack(stack, await started.promise, redis, (await stack.newUser()).api);
  }

  /** Its API and workers, to be measured by the parts of the benchmarks. */
  get subject(): Subject {
    const { services, workers } = this.stack.processes!;
    const all = <T>(read: (pid: number) => Promise<T>) =>
      Promise.all([...services, ...workers].map(({ pid }) => read(pid)));
    return {
      url: this.stack.baseUrl,
      cpuSeconds: async () => new Map((await all(cpuByRole)).flatMap((roles) => [...roles])),
      memoryMib: async () =>
        (await all(usageByRole)).flatMap((roles) => [...roles.values()]).reduce((sum, { pssMib }) => sum + pssMib, 0),
    };
  }

  get dynamodbEndpoint(): string {
    return this.meter.url;
  }

  /** Counts the round trips of `seconds` in which nothing happens. */
  async atRest(seconds: number): Promise<RoundTrips> {
    await this.read();
    await sleep(seconds * 1_000);
    return this.read();
  }

  /** Counts those of uploading a file `times` times, one after the other, until its events are delivered. */
  async ofUploads(bytes: Uint8Array<ArrayBuffer>, filename: string, times: number): Promise<RoundTrips> {
    await this.read();
    for (let number = 0; number < times; number += 1) {
      const { id } = await this.api.upload(bytes, { filename });
      // not by polling the API, which reads the table
      await eventually(this.stack.alerts!, (alerts) =>
        alerts.some(({ message }) => message.mediaId === id && message.type === 'media.completed'),
      );
    }
    await sleep(1_500); // counts and confirmations
    return this.read();
  }

  async stop(): Promise<void> {
    this.redis.disconnect();
    await this.stack.stop();
    await this.meter.stop();
  }

  private async read(): Promise<RoundTrips> {
    return { redis: await readRedis(this.redis), dynamo: this.meter.read() };
  }
}

/** The requests of an upload, without those of the sweeps. */
export const requestsOfUploads = ({ byKind }: DynamoUsage): number =>
  Object.entries(byKind).reduce((sum, [kind, count]) => sum + (/^(Scan|Query) /.test(kind) ? 0 : count), 0);
