import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const dist = join(__dirname, '..', '..', 'dist');

export interface TestProcess {
  readonly pid: number;
  /** Where it serves, if it does. */
  readonly url: string;
  /** Lines it printed so far. */
  output(): string;
  /** As a crash: SIGKILL. */
  kill(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** As an operator: SIGTERM. @returns the exit code. */
  stop(): Promise<number | null>;
}

/** A service as it ships, from the production build, in a process of its own. Resolves when it is ready. */
export async function startProcess(name: string, env: Record<string, string>): Promise<TestProcess> {
  const main = join(dist, 'services', name, 'main.js');
  if (!existsSync(main)) throw new Error(`Expected the build at ${main}: run \`npm run build\` first (npm test does)`);
  const child = fork(main, { env: { PATH: process.env.PATH, NODE_OPTIONS: process.env.NODE_OPTIONS, ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const url = await Promise.race([ready(child), once(child, 'exit').then(([code]) => Promise.reject(new Error(`${name} ended with ${code} at its start:\n${output}`)))]);
  const ended = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, 'exit');
    }
    return child.exitCode;
  };
  return {
    pid: child.pid!,
    url,
    output: () => output,
    kill: async () => void (await ended('SIGKILL')),
    signal: (signal) => void child.kill(signal),
    stop: () => ended('SIGTERM'),
  };
}

async function ready(child: ChildProcess): Promise<string> {
  for (;;) {
    const [message] = (await once(child, 'message')) as [{ type?: string; url?: string }];
    if (message.type === 'ready') return message.url ?? '';
  }
}
