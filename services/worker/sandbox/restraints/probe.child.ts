import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Restraints } from './confinement';

/** Runs as the analysis process does, once per worker: uses what an analysis needs, and reports what it cannot do. */
const [secret = '', output = '', ...programs] = process.argv.slice(2);

// a pipe that the worker holds: it ends with the worker, also when that was killed
process.stdin.once('end', () => process.exit(1)).resume();
process.stdin.unref();

void (async () => {
  await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } }).toFile(join(output, 'probe.webp'));
  for (const program of programs) execFileSync(program, ['-version'], { stdio: 'ignore' });
  const restraints: Restraints = {
    network: await isOffline(),
    privileges: isUnprivileged(),
    files: [secret, `/proc/${process.ppid}/environ`].every(isUnreadable),
  };
  process.stdout.write(JSON.stringify(restraints));
})();

/** On a machine with a network the discard port of the loopback is closed, or (hardly ever) open. */
async function isOffline(): Promise<boolean> {
  const connection = connect({ host: '127.0.0.1', port: 9 });
  try {
    await once(connection, 'connect');
    connection.destroy();
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ECONNREFUSED';
  }
}

/** proc_pid_status(5) */
function isUnprivileged(): boolean {
  try {
    const status = readFileSync('/proc/self/status', 'latin1');
    return /^NoNewPrivs:\s*1$/m.test(status) && /^CapEff:\s*0+$/m.test(status);
  } catch {
    return false; // not Linux
  }
}

/** Whether a file exists and cannot be read; what does not exist (/proc on macOS) is no proof of a restraint. */
function isUnreadable(path: string): boolean {
  try {
    readFileSync(path);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}
