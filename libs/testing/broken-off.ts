import { readdir, readlink } from 'node:fs/promises';
import { get } from 'node:http';
import type { ApiClient } from './api-client';

const AT_ONCE = 40;
/** Longer than most answers take, so that connections end before, within and after the answer. */
const LONGEST_MS = 25;

/** Sends `count` GET requests, each over a connection of its own that is destroyed up to 25 ms after it was sent. */
export async function breakOffRequests(api: ApiClient, path: string, count: number): Promise<void> {
  let sent = 0;
  const sender = async () => {
    while (sent < count) await breakOff(api, path, (sent++ * 7) % LONGEST_MS);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
}

function breakOff(api: ApiClient, path: string, afterMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const request = get(new URL(path, api.baseUrl), { agent: false, headers: { cookie: api.cookie } });
  request.on('response', (answer) => answer.on('error', () => {}).resume());
  request.on('error', () => {});
  request.once('close', resolve);
  setTimeout(() => request.destroy(), afterMs);
  return promise;
}

/** What each descriptor of a process leads to, by Linux' /proc. */
export async function openDescriptors(pid: number): Promise<string[]> {
  const descriptors = await readdir(`/proc/${pid}/fd`);
  return Promise.all(descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
}
