import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MediaKind, User } from '#contracts';
import { originalKey, type MediaItem, type MediaKey } from '#media';
import { settle } from './oracle';
import type { Rig } from './rig';
import type { Scenario, Trial } from './scenario';

const kinds = ['video', 'audio', 'image'] as const satisfies readonly MediaKind[];
const POLL_MS = 3;
const RECLAIM_TIMEOUT_MS = 90_000;

/** A point of processing that can be observed from outside. */
interface Step {
  name: string;
  isReached(rig: Rig, key: MediaKey): Promise<boolean>;
  kinds?: readonly MediaKind[];
}

const steps: readonly Step[] = [
  { name: 'claimed', isReached: async (rig, key) => (await row(rig, key)).status === 'processing' },
  { name: 'with its own copy', isReached: async (rig, key) => (await workFolder(rig, key)) !== null },
  { name: 'at its first result', isReached: async (rig, key) => (await resultsOf(rig, key)).length > 0 },
  { name: 'while ffmpeg runs', kinds: ['video', 'audio'], isReached: isInFfmpeg },
  {
    name: 'storing results',
    isReached: async (rig, { id }) => (await namesIn(join(rig.dataDir, 'objects', 'derived', id))).length > 0,
  },
  { name: 'just ended', isReached: async (rig, key) => (await row(rig, key)).completedAt !== null },
];

const row = async (rig: Rig, { userId, id }: MediaKey) => (await rig.table.get<MediaItem>('media', { userId, id }))!;
const inodeOf = async (path: string) => (await stat(path).catch(() => null))?.ino;
const namesIn = (folder: string) => readdir(folder).catch(() => []);

/** The work folder of a medium: its copy of the original is a hard link, with the same inode. */
async function workFolder(rig: Rig, key: MediaKey): Promise<string | null> {
  const original = await inodeOf(join(rig.dataDir, 'objects', originalKey(key)));
  const work = join(rig.dataDir, 'work');
  for (const name of await namesIn(work))
    if ((await inodeOf(join(work, name, 'source'))) === original) return join(work, name);
  return null;
}

async function resultsOf(rig: Rig, key: MediaKey): Promise<string[]> {
  const folder = await workFolder(rig, key);
  return folder ? namesIn(join(folder, 'derived')) : [];
}

async function isInFfmpeg(rig: Rig, key: MediaKey): Promise<boolean> {
  const folder = await workFolder(rig, key);
  return folder !== null && (await rig.children()).some((line) => line.includes(folder) && line.includes('ffmpeg'));
}

/** Uploads a file that takes a worker a second or more. */
async function uploadSlowFile({ client, files }: Trial, kind: MediaKind): Promise<MediaKey> {
  const [{ id }, user] = [
    await client.send(await files.long(kind), 'keyed'),
    await client.request<User>('GET', '/api/auth/me'),
  ];
  return { userId: user.id, id: id! };
}

/** Resolves when the step is reached, or processing has ended. */
async function waitUntilReached(rig: Rig, key: MediaKey, isReached: Step['isReached']): Promise<void> {
  while (!(await isReached(rig, key)) && (await row(rig, key)).completedAt === null) await sleep(POLL_MS);
}

/** Resolves to the seconds until a delivery with another token than `token` has claimed or finished the medium. */
async function secondsUntilReclaimed(rig: Rig, key: MediaKey, token: string | undefined): Promise<number> {
  const startedAt = Date.now();
  for (; Date.now() - startedAt < RECLAIM_TIMEOUT_MS; await sleep(50)) {
    const now = await row(rig, key);
    if (now.completedAt !== null || (now.token && now.token !== token)) break;
  }
  return (Date.now() - startedAt) / 1_000;
}

/** Each kind has a worker of its own, so that it is known which one to kill. Another one starts at once. */
async function killAt(step: Step, rig: Rig, trial: Trial, kind: MediaKind): Promise<number> {
  const worker = () => rig.startWorker({ WORKER_QUEUES: kind });
  const victim = await worker();
  const key = await uploadSlowFile(trial, kind);
  await waitUntilReached(rig, key, step.isReached);
  await rig.killWorker(victim);
  const { token } = await row(rig, key);
  const [seconds, next] = await Promise.all([secondsUntilReclaimed(rig, key, token), worker()]);
  await settle(rig, trial.client);
  await rig.stopWorker(next);
  return seconds;
}

export const workerKills: readonly Scenario[] = steps.map((step) => {
  const stepKinds = step.kinds ?? kinds;
  return {
    name: `worker kill -9, ${step.name}`,
    options: { workers: 0 },
    trialsPerFault: stepKinds.length,
    run: (rig, trials) => Promise.all(trials.map((trial, at) => killAt(step, rig, trial, stepKinds[at]!))),
  };
});

/** Several workers freeze at once, each with an item; others take over; then the frozen ones continue. */
export const workerFreeze = (seconds: number): Scenario => ({
  name: `worker SIGSTOP ${seconds} s, SIGCONT`,
  options: { workers: 0 },
  trialsPerFault: 5,
  async run(rig, trials) {
    const victims = await Promise.all(trials.map(() => rig.startWorker()));
    const keys = await Promise.all(trials.map((trial, at) => uploadSlowFile(trial, kinds[at % 2]!)));
    await Promise.all(keys.map((key) => waitUntilReached(rig, key, steps[0]!.isReached)));
    const claimed = await Promise.all(keys.map((key) => row(rig, key)));
    for (const victim of victims) victim.signal('SIGSTOP');
    const thawed = sleep(seconds * 1_000).then(() => victims.map((victim) => victim.signal('SIGCONT')));
    const reclaimed = keys.map((key, at) => secondsUntilReclaimed(rig, key, claimed[at]!.token));
    const others = await Promise.all([rig.startWorker(), rig.startWorker()]);
    await thawed;
    await Promise.all(trials.map(({ client }) => settle(rig, client)));
    await Promise.all([...victims, ...others].map((worker) => rig.stopWorker(worker)));
    return Promise.all(reclaimed);
  },
});
