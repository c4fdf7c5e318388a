import { readdir, readlink } from 'node:fs/promises';
import { get } from 'node:http';
import type { ApiClient } from './api-client';

const CONCURRENCY = 40;
/** Longer than most responses take, so that connections end before, during and after the response. */
const MAX_DELAY_MS = 25;

/** Sends `count` GET requests, each over its own connection, which is destroyed up to 25 ms after sending. */
export async function abortRequests(api: ApiClient, path: string, count: number): Promise<void> {
  let sent = 0;
  const sender = async () => {
    while (sent < count) await sendAndAbort(api, path, (sent++ * 7) % MAX_DELAY_MS);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, sender));
}

function sendAndAbort(api: ApiClient, path: string, afterMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const request = get(new URL(path, api.baseUrl), { agent: false, headers: { cookie: api.cookie } });
  request.on('response', (answer) => answer.on('error', () => {}).resume());
  request.on('error', () => {});
  request.once('close', resolve);
  setTimeout(() => request.destroy(), afterMs);
  return promise;
}

/** Returns the target of each open file descriptor of a process (Linux /proc). */
export async function openDescriptors(pid: number): Promise<string[]> {
  const descriptors = await readdir(`/proc/${pid}/fd`);
  return Promise.all(descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
}
