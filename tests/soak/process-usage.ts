import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';

/** The total usage of all processes of one role. */
export interface ProcessUsage {
  /** Proportional set size: memory that processes share is split among them. */
  pssMib: number;
  descriptors: number;
}

/** Clock ticks per second in /proc, on all architectures of Linux. */
const TICKS = 100;

interface Stat {
  pid: number;
  parent: number;
  /** User and system time, of its ended children too. */
  cpuSeconds: number;
}

/** CPU seconds by role of a process and all its descendants since their start. Linux only. */
export async function cpuByRole(root: number): Promise<Map<string, number>> {
  const sums = new Map<string, number>();
  for (const pid of await descendants(root)) {
    const stat = await statOf(pid);
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!stat || !command) continue; // it has just ended
    const role = roleOf(command);
    sums.set(role, (sums.get(role) ?? 0) + stat.cpuSeconds);
  }
  return sums;
}

/** Usage by role (`api`, `worker`, `redis`, …) of a process and all its descendants. Linux only. */
export async function usageByRole(root: number): Promise<Map<string, ProcessUsage>> {
  const usage = new Map<string, ProcessUsage>();
  for (const pid of await descendants(root)) {
    const found = await usageOf(pid).catch(() => null); // it has just ended
    if (!found) continue;
    const sum = usage.get(found.role) ?? { pssMib: 0, descriptors: 0 };
    usage.set(found.role, { pssMib: sum.pssMib + found.pssMib, descriptors: sum.descriptors + found.descriptors });
  }
  return usage;
}

async function descendants(root: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = (await Promise.all(pids.map(statOf))).filter((stat) => stat !== null);
  const found = [root];
  for (const pid of found) found.push(...all.filter(({ parent }) => parent === pid).map((stat) => stat.pid));
  return found;
}

/** proc_pid_stat(5): "pid (name) state ppid …", where the name may hold anything. */
async function statOf(pid: number): Promise<Stat | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  if (!stat) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // from the third on: state, ppid, …
  const cpuSeconds = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) / TICKS;
  return { pid, parent: Number(fields[1]), cpuSeconds };
}

async function usageOf(pid: number): Promise<ProcessUsage & { role: string }> {
  const [rollup, descriptors, command] = await Promise.all([
    readFile(`/proc/${pid}/smaps_rollup`, 'utf8'),
    readdir(`/proc/${pid}/fd`),
    readFile(`/proc/${pid}/cmdline`, 'utf8'),
  ]);
  const pssKib = Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  return { role: roleOf(command), pssMib: pssKib / 1024, descriptors: descriptors.length };
}

/** `node …/dist/services/worker/main.js` is `worker`; `node …/dist/deploy/local/redis.js` is `redis`. */
function roleOf(command: string): string {
  const script = command.split('\0').find((argument) => /\.[cm]?js$/.test(argument));
  if (!script) return basename(command.split(/[\0 ]/)[0] ?? '');
  return basename(script) === 'main.js'
    ? basename(script.slice(0, -'/main.js'.length))
    : basename(script).replace(/\.js$/, '');
}
