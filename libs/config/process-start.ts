import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Returns the start time of a process in the format of the operating system; null when there is no such process or it
 * is a zombie. A pid alone does not identify a process: after a crash or a reboot it may be reused by another one.
 */
export function processStart(pid: number): string | null {
  return process.platform === 'linux' ? startOnLinux(pid) : startFromPs(pid);
}

/** Whether the process recorded as `{pid, started}` is still running. */
export function isAlive({ pid, started }: { pid: number; started: string }): boolean {
  return processStart(pid) === started;
}

/** proc_pid_stat(5): "pid (name) state … starttime", where the name may contain any characters, also ") ". */
function startOnLinux(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

function startFromPs(pid: number): string | null {
  try {
    return (
      execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim() || null
    );
  } catch {
    return null;
  }
}
