import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const compile = ['--require', join(__dirname, '../../libs/testing/run-nest.cjs')];

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface TestProcess {
  child: ChildProcess;
  /** The message that it sends to its supervisor once it serves. */
  ready: Promise<{ url: string; opsPort: number }>;
  ended: Promise<Outcome>;
}

/** Runs a program of this folder from source, with an IPC channel, as the supervisor does. */
export function startProcess(
  program: string,
  env: Record<string, string>,
  args: string[] = [],
  input = '',
): TestProcess {
  const child = fork(join(__dirname, program), args, {
    env: { PATH: '/usr/bin:/bin', HOME: homedir(), ...env },
    execArgv: compile,
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
  });
  child.stdin!.end(input);
  // not 'close': it is never emitted once the channel was closed from this end
  const ended = Promise.all([once(child, 'exit'), text(child.stdout!), text(child.stderr!)]).then(
    ([[code, signal], stdout, stderr]): Outcome => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout,
      stderr,
    }),
  );
  const ready = Promise.race([
    once(child, 'message').then(([message]) => message as { url: string; opsPort: number }),
    ended.then(({ stderr }) => Promise.reject(new Error(`The process exited before it was ready: ${stderr}`))),
  ]);
  ready.catch(() => {}); // only some tests wait for it
  return { child, ready, ended };
}
