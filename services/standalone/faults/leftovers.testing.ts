import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { connectRedis } from '#platform';
import type { Client } from './client.testing';
import type { Rig } from './rig.testing';
import { until } from './until.testing';

/** Kept on purpose: sessions, throttles, what open pages may ask for again, how long work took, the queues' own books, when a sweep ran last and that it runs. */
const KEPT_KEYS = /^snapstream-(?:health$|session:|sessions:|login:networks:|throttle:|live:|line:.*:runs|runs:|done:|lock:(?:sweep:|auth-)|jobs:[a-zA-Z]+:(?:meta|id|events|stalled-check|marker)$)/;

interface Row {
  userId: string;
  id: string;
  pending?: Record<string, unknown>;
  openAt?: string;
  reserved?: Record<string, unknown>;
  state?: string;
}

/** Everything that should be gone after a while and is not. Ends the workers. */
export async function leftovers(rig: Rig, clients: readonly Client[], patienceMs: number): Promise<string[]> {
  const ids = new Set((await Promise.all(clients.map((client) => client.library()))).flatMap((library) => [...library.keys()]));
  const all = async () => [...(await strayFiles(rig, ids)), ...(await strayKeys(rig)), ...(await strayRows(rig))];
  const left = await until(all, patienceMs);
  await rig.stopWorkers();
  const temp = (await filesIn(rig.temp)).map((path) => `TMPDIR/${path}`);
  const tools = (await filesIn(join(rig.dataDir, 'work'), rig.dataDir)).filter(isOfLivingWorker);
  return [...left, ...temp, ...tools, ...(await rig.children()).map((line) => `a process still runs: ${line.slice(0, 200)}`)];
}

/** A worker keeps its tools for as long as it lives. */
const isOfLivingWorker = (path: string) => path.startsWith('work/tools-');

async function strayFiles(rig: Rig, ids: ReadonlySet<string>): Promise<string[]> {
  const unfinished = (await Promise.all(['tmp', 'work', 'objects/resumable'].map((folder) => filesIn(join(rig.dataDir, folder), rig.dataDir)))).flat();
  const originals = await filesIn(join(rig.dataDir, 'objects', 'originals'));
  const derived = await filesIn(join(rig.dataDir, 'objects', 'derived'));
  const deliveries = Map.groupBy(new Set(derived.map((path) => path.split('/').slice(0, 2).join('/'))), (path) => path.split('/')[0]!);
  return [
    ...unfinished.filter((path) => !isOfLivingWorker(path)),
    ...originals.filter((path) => !ids.has(path.split('/')[1]!)).map((path) => `originals/${path}`),
    ...derived.filter((path) => !ids.has(path.split('/')[0]!)).map((path) => `derived/${path}`),
    ...[...deliveries].filter(([, folders]) => folders.length > 1).map(([id, folders]) => `derived/${id} has ${folders.length} folders`),
  ];
}

async function strayKeys(rig: Rig): Promise<string[]> {
  const redis = connectRedis(rig.redis.url, 'waiting');
  const keys = await redis.keys('*').finally(() => redis.disconnect());
  return keys.filter((key) => !KEPT_KEYS.test(key)).map((key) => `the key ${key}`);
}

async function strayRows(rig: Rig): Promise<string[]> {
  const stray: string[] = [];
  for await (const { userId, id, pending, openAt, reserved, state } of rig.table.scan<Row>('media')) {
    const name = `${userId}/${id}`;
    if (Object.keys(pending ?? {}).length > 0) stray.push(`${name} has unconfirmed events`);
    if (openAt && !reserved) stray.push(`${name} is still open`);
    if (Object.keys(reserved ?? {}).length > 0) stray.push(`${name} reserves room for uploads that ended: ${Object.keys(reserved!).join()}`);
    if (state === 'running') stray.push(`${name} is an Idempotency-Key that still runs`);
  }
  return stray;
}

/** Paths of all files and empty folders in a folder, from `root` on; none also where it is not there. */
async function filesIn(folder: string, root = folder): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries.filter((entry: Dirent) => entry.isFile() || root !== folder).map(({ parentPath, name }) => relative(root, join(parentPath, name)));
  return paths;
}
