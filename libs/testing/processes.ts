import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestDynamoDb } from './dynamodb';
import { freePort } from './free-port';

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
export function startProcess(name: string, env: Record<string, string>): Promise<TestProcess> {
  return startBuilt(join('services', name, 'main.js'), [], env);
}

/** The DynamoDB emulator of `npm start`, in a process of its own: whatever load a test makes, it is not slower for that. */
export async function startDynamoDbApart(): Promise<TestDynamoDb> {
  const [folder, port, key] = [await mkdtemp(join(tmpdir(), 'dynamodb-')), await freePort(), 'the-key-of-a-test'];
  const emulator = await startBuilt(join('deploy', 'local', 'dynalite.js'), [folder, String(port)], {}, key);
  const stop = async () => {
    await emulator.kill();
    await rm(folder, { recursive: true, force: true });
  };
  return { endpoint: `http://127.0.0.1:${port}/${key}`, stop };
}

const inherited = () => ({
  PATH: process.env.PATH,
  NODE_OPTIONS: process.env.NODE_OPTIONS,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
});

async function startBuilt(
  path: string,
  args: readonly string[],
  env: Record<string, string>,
  input?: string,
): Promise<TestProcess> {
  const main = join(dist, path);
  if (!existsSync(main)) throw new Error(`Expected the build at ${main}: run \`npm run build\` first (npm test does)`);
  const child = fork(main, args, { env: { ...inherited(), ...env }, stdio: ['pipe', 'pipe', 'pipe', 'ipc'] });
  child.stdin!.end(input);
  let output = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const url = await Promise.race([
    ready(child),
    once(child, 'exit').then(([code]) =>
      Promise.reject(new Error(`${path} ended with ${code} at its start:\n${output}`)),
    ),
  ]);
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
