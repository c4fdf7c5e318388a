import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectRedis } from '#platform';
import { fillDisk, whyNoSmallDisk, type FaultMode } from '#testing';
import type { Bucket } from './aws';
import type { Rig } from './rig';
import { underLoad, type Scenario, type Trial } from './scenario';

const OUTAGE_MS = 8_000;

/** One fault for each repeat, while uploads are under way. */
const hurting = (name: string, fault: (trial: Trial) => Promise<unknown>, options?: Scenario['options']): Scenario => ({
  name,
  ...(options && { options }),
  run: async (_rig, [trial]) => [await underLoad(trial!, () => fault(trial!))],
});

async function redisCommand(rig: Rig, ...[name, ...args]: [string, ...string[]]): Promise<void> {
  const redis = connectRedis(rig.redis.url, 'waiting');
  await redis.call(name, ...args).finally(() => redis.disconnect());
}

const limitMemory = (rig: Rig, bytes: number) => redisCommand(rig, 'CONFIG', 'SET', 'maxmemory', String(bytes));

/** For as long as an outage takes, the product says that it can not work; then that it can. `begin` resolves to what ends it. */
async function outage(
  rig: Rig,
  begin: () => Promise<() => Promise<unknown>>,
  ready: 'down' | 'degraded' | null = 'down',
): Promise<void> {
  const over = sleep(OUTAGE_MS);
  const end = await begin();
  if (ready) await rig.expectReady(ready);
  await over;
  await end();
  await rig.expectReady('ok');
}

const misbehaving = (name: string, ready: 'down' | null, fate: (random: () => number) => FaultMode) =>
  hurting(`DynamoDB ${name}`, ({ rig: { dynamodb }, rig, random }) => {
    const begin = async () => {
      dynamodb.behave(() => fate(random));
      return () => dynamodb.mend();
    };
    return outage(rig, begin, ready);
  });

export const apiKill = hurting('API kill -9 mid-upload', async ({ rig, random }) => {
  await sleep(random() * 1_000);
  await rig.killApi();
  await rig.startApi();
});

export const redisFaults: readonly Scenario[] = [
  hurting('Redis kill -9 under load, with AOF', async ({ rig, random }) => {
    await rig.redis.kill();
    await sleep(random() * 1_000);
    await rig.redis.restart();
  }),
  hurting('Redis restart', async ({ rig }) => {
    process.kill(rig.redis.pid, 'SIGTERM');
    await sleep(1_000);
    await rig.redis.restart();
  }),
  hurting('Redis absent', ({ rig }) => outage(rig, () => rig.redis.kill().then(() => () => rig.redis.restart()))),
  hurting('Redis full', ({ rig }) => outage(rig, () => limitMemory(rig, 1).then(() => () => limitMemory(rig, 0)))),
  hurting('Redis hanging', ({ rig }) =>
    outage(rig, async () => {
      process.kill(rig.redis.pid, 'SIGSTOP');
      return async () => process.kill(rig.redis.pid, 'SIGCONT');
    }),
  ),
  hurting('Redis FLUSHALL', ({ rig }) => redisCommand(rig, 'FLUSHALL')),
];

export const dynamodbFaults: readonly Scenario[] = [
  hurting('DynamoDB refused', ({ rig }) =>
    outage(rig, () => rig.dynamodb.refuse().then(() => () => rig.dynamodb.mend())),
  ),
  misbehaving('hanging', 'down', (random) => (random() < 0.5 ? 'hang' : 'mute')),
  misbehaving('throttled 60 %', null, (random) => (random() < 0.6 ? 'throttle' : 'pass')),
  misbehaving('ambiguous (done, reply cut)', null, (random) => (random() < 0.5 ? 'cut' : 'pass')),
];

/** What is away when the product starts. */
const absentAtStart = (
  name: string,
  take: (rig: Rig) => Promise<() => Promise<unknown>>,
  ready: 'down' | 'degraded',
  options?: Scenario['options'],
) =>
  hurting(
    `${name} absent at start`,
    ({ rig }) =>
      outage(
        rig,
        async () => {
          const given = Promise.withResolvers<() => Promise<unknown>>();
          await rig.restart(async () => given.resolve(await take(rig)));
          return given.promise;
        },
        ready,
      ),
    options,
  );

export const absences: readonly Scenario[] = [
  absentAtStart('Redis', (rig) => rig.redis.kill().then(() => () => rig.redis.restart()), 'down'),
  absentAtStart('DynamoDB', ({ dynamodb }) => dynamodb.refuse().then(() => () => dynamodb.mend()), 'down'),
  absentAtStart('SNS', ({ topic }) => topic!.way.refuse().then(() => () => topic!.way.mend()), 'degraded', {
    topic: true,
  }),
  absentAtStart('S3', ({ bucket }) => bucket!.way.refuse().then(() => () => bucket!.way.mend()), 'down', {
    bucket: true,
  }),
];

/** Uploads go on where the bytes can not be kept for a while. */
const bucketFault = (name: string, begin: (bucket: Bucket, random: () => number) => Promise<void> | void) =>
  hurting(
    `S3 ${name}`,
    ({ rig, random }) =>
      outage(
        rig,
        async () => {
          await begin(rig.bucket!, random);
          return () => rig.bucket!.way.mend();
        },
        'down',
      ),
    { bucket: true },
  );

export const bucketFaults: readonly Scenario[] = [
  bucketFault('refused', ({ way }) => way.refuse()),
  bucketFault('hanging', ({ way }, random) => way.behave(() => (random() < 0.5 ? 'hang' : 'mute'))),
  bucketFault('unavailable', ({ way }) => way.behave(() => 'unavailable')),
];

/** What a deploy interrupts is handed back or brought to its end. */
export const deploy: Scenario = {
  ...hurting('SIGTERM of everything, then a new version', async (trial) => {
    const { rig, client, files, random } = trial;
    const slow = Array.from({ length: 5 }, async (_, at) =>
      client.send(await files.some(at), 'plain', 2_000 + random() * 4_000),
    );
    await sleep(1_000);
    await rig.restart();
    for (const { id, filename } of await Promise.all(slow))
      if (!id) client.wrong.push(`${filename} was under way when the API was told to stop, and was not taken`);
  }),
};

/** Limits a running process to so many more files and connections than it has now. */
async function withoutDescriptors(pid: number, spare: number, during: () => Promise<unknown>): Promise<void> {
  const limit = (soft: number) => execFileSync('prlimit', ['--pid', String(pid), `--nofile=${soft}:`]);
  const before = Number(execFileSync('prlimit', ['--pid', String(pid), '--nofile', '--output=SOFT', '--noheadings']));
  limit(readdirSync(`/proc/${pid}/fd`).length + spare);
  await during().finally(() => limit(before));
}

const hasProgram = (name: string) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;

export const descriptors: Scenario = {
  ...hurting('file descriptors exhausted', async ({ rig, index }) => {
    const isApi = index % 2 === 0;
    rig.isSilent = isApi; // it can take no connection, so nobody can ask it
    await withoutDescriptors(isApi ? rig.api.pid : rig.workers[0]!.pid, isApi ? 4 : 0, () => sleep(OUTAGE_MS));
    rig.isSilent = false;
    await rig.expectReady('ok');
  }),
  impossible: () => (hasProgram('prlimit') ? null : 'there is no prlimit'),
};

export const diskFull: Scenario = {
  ...hurting('disk full', ({ rig }) => outage(rig, () => fillDisk(rig.dataDir), 'degraded'), {
    diskBytes: 160 * 1024 ** 2,
  }),
  impossible: whyNoSmallDisk,
};
