import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestDynamoDb } from './dynamodb';
import { freePort } from './free-port';

const dist = join(__dirname, '..', '..', '..', 'dist');

export interface TestProcess {
  readonly pid: number;
  /** The base URL, or empty for a process without HTTP. */
  readonly url: string;
  /** Returns its output so far. */
  output(): string;
  /** Sends SIGKILL, like a crash. */
  kill(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Sends SIGTERM. @returns the exit code */
  stop(): Promise<number | null>;
}

/** Starts a service from the production build in its own process. Resolves when it is ready. */
export function startProcess(name: string, env: Record<string, string>): Promise<TestProcess> {
  return startBuilt(join('services', name, 'main.js'), [], env);
}

/** Starts the DynamoDB emulator of `npm start` in its own process, so that the load of a test does not slow it down. */
export async function startDynamoDbProcess(): Promise<TestDynamoDb> {
  const [folder, port, key] = [await mkdtemp(join(tmpdir(), 'dynamodb-')), await freePort(), 'the-key-of-a-test'];
  const emulator = await startBuilt(join('deploy', 'local', 'dynalite.js'), [folder, String(port)], {}, key);
  const stop = async () => {
    await emulator.kill();
    await rm(folder, { recursive: true, force: true });
  };
  return { endpoint: `http://127.0.0.1:${port}/${key}`, stop };
}

const inheritedEnv = () => ({
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
  const child = fork(main, args, { env: { ...inheritedEnv(), ...env }, stdio: ['pipe', 'pipe', 'pipe', 'ipc'] });
  child.stdin!.end(input);
  let output = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const url = await Promise.race([
    waitUntilReady(child),
    once(child, 'exit').then(([code]) =>
      Promise.reject(new Error(`${path} exited with ${code} during its start:\n${output}`)),
    ),
  ]);
  const end = async (signal: NodeJS.Signals) => {
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
    kill: async () => void (await end('SIGKILL')),
    signal: (signal) => void child.kill(signal),
    stop: () => end('SIGTERM'),
  };
}

async function waitUntilReady(child: ChildProcess): Promise<string> {
  for (;;) {
    const [message] = (await once(child, 'message')) as [{ type?: string; url?: string }];
    if (message.type === 'ready') return message.url ?? '';
  }
}
