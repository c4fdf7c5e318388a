import { readFile } from 'node:fs/promises';

/** Resident memory in bytes of a process and its descendants; 0 without /proc. */
export async function residentBytes(pid: number): Promise<number> {
  const [status, children] = await Promise.all([
    read(`/proc/${pid}/status`),
    read(`/proc/${pid}/task/${pid}/children`),
  ]);
  const own = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024;
  const pids = children.split(' ').filter(Boolean).map(Number);
  const below = await Promise.all(pids.map(residentBytes));
  return below.reduce((sum, bytes) => sum + bytes, own);
}

/** Returns '' for a process that has just exited. */
const read = (path: string) => readFile(path, 'latin1').catch(() => '');
