import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import {
  MediaCounters,
  MediaEraser,
  MediaRepository,
  QUOTA_ROW,
  RESERVATION_MS,
  StoredFolders,
  WordIndex,
  type MediaKey,
} from '#media';
import { connectRedis } from '#platform';
import { OrphanFiles } from '../../services/worker/sweeps/orphan-files';
import type { Client } from './client';
import type { Rig } from './rig';
import { until } from './until';

/**
 * Keys kept on purpose: health, sessions, throttles, live events that may be replayed, durations of past jobs, metadata
 * of the queues, the list of running workers, and the locks of sweeps.
 */
const KEPT_KEYS = new RegExp(
  `^snapstream-(?:${[
    'health$',
    'session:',
    'sessions:',
    'login:networks:',
    'throttle:',
    'live:',
    'runs:',
    'workers$',
    'done:',
    'kept:',
    'lock:(?:sweep:|auth-)',
    'jobs:[a-zA-Z]+:(?:meta|id|events|stalled-check|marker)$',
  ].join('|')})`,
);

const MINUTE_MS = 60_000;

interface Row {
  userId: string;
  id: string;
  pending?: Record<string, unknown>;
  openAt?: string;
  reserved?: Record<string, unknown>;
  state?: string;
}

/**
 * Finds everything that should have been cleaned up and was not. Stops the workers.
 * @param timeoutMs how long the product may take to clean up
 */
export async function findLeftovers(rig: Rig, clients: readonly Client[], timeoutMs: number): Promise<string[]> {
  const ids = new Set(
    (await Promise.all(clients.map((client) => client.library()))).flatMap((library) => [...library.keys()]),
  );
  const soon = async () => [...(await unfinishedFiles(rig)), ...(await strayKeys(rig)), ...(await unsettledRows(rig))];
  if (rig.workers.length === 0) await rig.startWorker(); // workers run the sweeps
  const left = await until(soon, timeoutMs);
  await runSweepsADayLater(rig);
  left.push(...(await orphanedFiles(rig, ids)), ...(await expiredRows(rig)));
  await rig.stopWorkers();
  const temp = (await filesIn(rig.temp)).map((path) => `TMPDIR/${path}`);
  const tools = (await filesIn(join(rig.dataDir, 'work'), rig.dataDir)).filter(
    (path) => isOfLivingWorker(path) && !rig.toolsAtKills.has(path.split('/')[1]!),
  );
  return [
    ...left,
    ...temp,
    ...tools,
    ...(await rig.children()).map((line) => `a process still runs: ${line.slice(0, 200)}`),
  ];
}

/** A worker keeps its tools for as long as it runs. */
const isOfLivingWorker = (path: string) => path.startsWith('work/tools-');

/**
 * A process that was killed in the middle of an upload leaves files and a quota reservation, which are cleaned up a day
 * later: runs the product's own sweeps with a later clock.
 */
async function runSweepsADayLater(rig: Rig): Promise<void> {
  const later = new Date(Date.now() + RESERVATION_MS + MINUTE_MS);
  const [media, counters] = [new MediaRepository(rig.table), new MediaCounters(rig.table)];
  const eraser = new MediaEraser(rig.storage, new WordIndex(rig.table), media);
  const resolve = (upload: MediaKey) => eraser.discardIfStale(upload, new Date(later.getTime() - RESERVATION_MS));
  for await (const { userId, id } of rig.table.sweepExpired('media', later))
    if (id === QUOTA_ROW) await counters.expireReservations(userId!, resolve, later);
  await new OrphanFiles(new StoredFolders(rig.storage, rig.table), media, counters).erase(later);
}

/** Does not include S3 multipart uploads whose creation response was lost: the bucket's lifecycle rule aborts them. */
async function unfinishedFiles(rig: Rig): Promise<string[]> {
  const files = await Promise.all(['tmp', 'work'].map((folder) => filesIn(join(rig.dataDir, folder), rig.dataDir)));
  return [...files.flat().filter((path) => !isOfLivingWorker(path)), ...(await keysBelow(rig, 'resumable/'))];
}

const keysBelow = async (rig: Rig, prefix: string) =>
  (await Array.fromAsync(rig.storage.list(prefix))).map(({ key }) => key);

async function orphanedFiles(rig: Rig, ids: ReadonlySet<string>): Promise<string[]> {
  const [originals, derived] = [await keysBelow(rig, 'originals/'), await keysBelow(rig, 'derived/')];
  const deliveries = Map.groupBy(
    new Set(derived.map((key) => key.split('/').slice(0, 3).join('/'))),
    (folder) => folder.split('/')[1]!,
  );
  return [
    ...originals.filter((key) => !ids.has(key.split('/')[2]!)),
    ...derived.filter((key) => !ids.has(key.split('/')[1]!)),
    ...[...deliveries]
      .filter(([, folders]) => folders.length > 1)
      .map(([id, folders]) => `derived/${id} has ${folders.length} folders`),
  ];
}

async function strayKeys(rig: Rig): Promise<string[]> {
  const redis = connectRedis(rig.redis.url, 'waiting');
  const keys = await redis.keys('*').finally(() => redis.disconnect());
  return keys.filter((key) => !KEPT_KEYS.test(key)).map((key) => `the key ${key}`);
}

async function unsettledRows(rig: Rig): Promise<string[]> {
  const stray: string[] = [];
  for await (const { userId, id, pending, openAt, reserved } of rig.table.scan<Row>('media')) {
    if (Object.keys(pending ?? {}).length > 0) stray.push(`${userId}/${id} has unconfirmed events`);
    if (openAt && !reserved) stray.push(`${userId}/${id} is still open`);
  }
  return stray;
}

async function expiredRows(rig: Rig): Promise<string[]> {
  const stray: string[] = [];
  for await (const { userId, id, reserved, state } of rig.table.scan<Row>('media')) {
    if (Object.keys(reserved ?? {}).length > 0)
      stray.push(`${userId}/${id} reserves quota for uploads that ended: ${Object.keys(reserved!).join()}`);
    if (state === 'running') stray.push(`${userId}/${id} is an Idempotency-Key that is still in progress`);
  }
  return stray;
}

/** Paths below a folder, relative to `root`: files, and folders as well when `root` differs. None if it is missing. */
async function filesIn(folder: string, root = folder): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries
    .filter((entry: Dirent) => entry.isFile() || root !== folder)
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)));
  return paths;
}
