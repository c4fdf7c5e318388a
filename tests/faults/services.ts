import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectRedis } from '#platform';
import { fillDisk, smallDiskObstacle, type FaultMode } from '#testing';
import type { Bucket } from './aws';
import type { Rig } from './rig';
import { underLoad, type Scenario, type Trial } from './scenario';

const OUTAGE_MS = 8_000;

/** A scenario with one fault per repeat, during uploads. */
const withFault = (
  name: string,
  fault: (trial: Trial) => Promise<unknown>,
  options?: Scenario['options'],
): Scenario => ({
  name,
  ...(options && { options }),
  run: async (_rig, [trial]) => [await underLoad(trial!, () => fault(trial!))],
});

async function redisCommand(rig: Rig, ...[name, ...args]: [string, ...string[]]): Promise<void> {
  const redis = connectRedis(rig.redis.url, 'waiting');
  await redis.call(name, ...args).finally(() => redis.disconnect());
}

const limitMemory = (rig: Rig, bytes: number) => redisCommand(rig, 'CONFIG', 'SET', 'maxmemory', String(bytes));

/**
 * Runs an outage, during which `/health/ready` must report `ready` (null: not checked), and `ok` after it.
 * @param start begins the outage; resolves to the function that ends it
 */
async function outage(
  rig: Rig,
  start: () => Promise<() => Promise<unknown>>,
  ready: 'down' | 'degraded' | null = 'down',
): Promise<void> {
  const elapsed = sleep(OUTAGE_MS);
  const end = await start();
  if (ready) await rig.expectReady(ready);
  await elapsed;
  await end();
  await rig.expectReady('ok');
}

const dynamodbFault = (name: string, ready: 'down' | null, mode: (random: () => number) => FaultMode) =>
  withFault(`DynamoDB ${name}`, ({ rig: { dynamodb }, rig, random }) => {
    const start = async () => {
      dynamodb.behave(() => mode(random));
      return () => dynamodb.restore();
    };
    return outage(rig, start, ready);
  });

export const apiKill = withFault('API kill -9 mid-upload', async ({ rig, random }) => {
  await sleep(random() * 1_000);
  await rig.killApi();
  await rig.startApi();
});

export const redisFaults: readonly Scenario[] = [
  withFault('Redis kill -9 under load, with AOF', async ({ rig, random }) => {
    await rig.redis.kill();
    await sleep(random() * 1_000);
    await rig.redis.restart();
  }),
  withFault('Redis restart', async ({ rig }) => {
    process.kill(rig.redis.pid, 'SIGTERM');
    await sleep(1_000);
    await rig.redis.restart();
  }),
  withFault('Redis absent', ({ rig }) => outage(rig, () => rig.redis.kill().then(() => () => rig.redis.restart()))),
  withFault('Redis full', ({ rig }) => outage(rig, () => limitMemory(rig, 1).then(() => () => limitMemory(rig, 0)))),
  withFault('Redis hanging', ({ rig }) =>
    outage(rig, async () => {
      process.kill(rig.redis.pid, 'SIGSTOP');
      return async () => process.kill(rig.redis.pid, 'SIGCONT');
    }),
  ),
  withFault('Redis FLUSHALL', ({ rig }) => redisCommand(rig, 'FLUSHALL')),
];

export const dynamodbFaults: readonly Scenario[] = [
  withFault('DynamoDB refused', ({ rig }) =>
    outage(rig, () => rig.dynamodb.refuse().then(() => () => rig.dynamodb.restore())),
  ),
  dynamodbFault('hanging', 'down', (random) => (random() < 0.5 ? 'hang' : 'mute')),
  dynamodbFault('throttled 60 %', null, (random) => (random() < 0.6 ? 'throttle' : 'pass')),
  dynamodbFault('ambiguous (done, reply cut)', null, (random) => (random() < 0.5 ? 'cut' : 'pass')),
];

/** A dependency is unavailable when the product starts. `stop` resolves to the function that starts it again. */
const unavailableAtStart = (
  name: string,
  stop: (rig: Rig) => Promise<() => Promise<unknown>>,
  ready: 'down' | 'degraded',
  options?: Scenario['options'],
) =>
  withFault(
    `${name} absent at start`,
    ({ rig }) =>
      outage(
        rig,
        async () => {
          const stopped = Promise.withResolvers<() => Promise<unknown>>();
          await rig.restart(async () => stopped.resolve(await stop(rig)));
          return stopped.promise;
        },
        ready,
      ),
    options,
  );

export const startupFaults: readonly Scenario[] = [
  unavailableAtStart('Redis', (rig) => rig.redis.kill().then(() => () => rig.redis.restart()), 'down'),
  unavailableAtStart('DynamoDB', ({ dynamodb }) => dynamodb.refuse().then(() => () => dynamodb.restore()), 'down'),
  unavailableAtStart('SNS', ({ topic }) => topic!.proxy.refuse().then(() => () => topic!.proxy.restore()), 'degraded', {
    topic: true,
  }),
  unavailableAtStart('S3', ({ bucket }) => bucket!.proxy.refuse().then(() => () => bucket!.proxy.restore()), 'down', {
    bucket: true,
  }),
];

/** The bucket is unavailable for a while during uploads. */
const bucketFault = (name: string, start: (bucket: Bucket, random: () => number) => Promise<void> | void) =>
  withFault(
    `S3 ${name}`,
    ({ rig, random }) =>
      outage(
        rig,
        async () => {
          await start(rig.bucket!, random);
          return () => rig.bucket!.proxy.restore();
        },
        'down',
      ),
    { bucket: true },
  );

export const bucketFaults: readonly Scenario[] = [
  bucketFault('refused', ({ proxy }) => proxy.refuse()),
  bucketFault('hanging', ({ proxy }, random) => proxy.behave(() => (random() < 0.5 ? 'hang' : 'mute'))),
  bucketFault('unavailable', ({ proxy }) => proxy.behave(() => 'unavailable')),
];

/** Work that a deployment interrupts is released or finished; uploads in progress are accepted. */
export const deployment: Scenario = {
  ...withFault('SIGTERM of everything, then a new version', async (trial) => {
    const { rig, client, files, random } = trial;
    const slow = Array.from({ length: 5 }, async (_, at) =>
      client.send(await files.some(at), 'plain', 2_000 + random() * 4_000),
    );
    await sleep(1_000);
    await rig.restart();
    for (const { id, filename } of await Promise.all(slow))
      if (!id) client.wrong.push(`${filename} was in progress when the API got SIGTERM, and was not accepted`);
  }),
};

/** Limits a running process to `spare` more file descriptors than it has open, then restores its limit. */
async function withoutDescriptors(pid: number, spare: number, during: () => Promise<unknown>): Promise<void> {
  const limit = (soft: number) => execFileSync('prlimit', ['--pid', String(pid), `--nofile=${soft}:`]);
  const before = Number(execFileSync('prlimit', ['--pid', String(pid), '--nofile', '--output=SOFT', '--noheadings']));
  limit(readdirSync(`/proc/${pid}/fd`).length + spare);
  await during().finally(() => limit(before));
}

const hasProgram = (name: string) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;

export const descriptorExhaustion: Scenario = {
  ...withFault('file descriptors exhausted', async ({ rig, index }) => {
    const isApi = index % 2 === 0;
    rig.isApiUnavailable = isApi; // it cannot accept connections, not even of a health check
    await withoutDescriptors(isApi ? rig.api.pid : rig.workers[0]!.pid, isApi ? 4 : 0, () => sleep(OUTAGE_MS));
    rig.isApiUnavailable = false;
    await rig.expectReady('ok');
  }),
  skipReason: () => (hasProgram('prlimit') ? null : 'prlimit is not installed'),
};

export const diskFull: Scenario = {
  ...withFault('disk full', ({ rig }) => outage(rig, () => fillDisk(rig.dataDir), 'degraded'), {
    diskBytes: 160 * 1024 ** 2,
  }),
  skipReason: smallDiskObstacle,
};
