import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * When a process began, as the system words it; null when there is no such process (a zombie is none).
 * A pid alone is no identity: after a crash or a reboot it belongs to somebody else.
 */
export function processStart(pid: number): string | null {
  return process.platform === 'linux' ? startOnLinux(pid) : startFromPs(pid);
}

/** Whether the process noted earlier as `{pid, started}` still lives. */
export function isAlive({ pid, started }: { pid: number; started: string }): boolean {
  return processStart(pid) === started;
}

/** proc_pid_stat(5): "pid (name) state … starttime", where the name may hold anything, also ") ". */
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
