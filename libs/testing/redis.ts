import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port';

const START_TIMEOUT_MS = 10_000;
const SETPRIV = '/usr/bin/setpriv';

export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** Of the server that runs now; another one after `restart()`. */
  readonly pid: number;
  /** Ends the server and erases its data. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash does it; the data stays for `restart()`. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same data; kills it first when it still runs. */
  restart(): Promise<void>;
}

/** A real Redis on a free loopback port with the durability of production: append-only file on, `noeviction`. */
export async function startRedis(): Promise<TestRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'redis-'));
  const port = await freePort();
  let server = await launch(dir, port);
  const kill = () => end(server, 'SIGKILL');
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return server.pid!;
    },
    kill,
    async restart() {
      await kill();
      server = await launch(dir, port);
    },
    async stop() {
      await kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function launch(dir: string, port: number): Promise<ChildProcess> {
  // appendfsync no: each write is in the file before it is answered, as a crash of the process finds it; with everysec a busy disk delays that.
  const options = {
    port,
    bind: '127.0.0.1',
    dir,
    appendonly: 'yes',
    appendfsync: 'no',
    save: '',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
  };
  const command = ['redis-server', ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])];
  // A killed test process runs no clean-up, so the kernel ends its server (Linux; it is exec'ed in place, the pid stays).
  const [program, ...args] = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', ...command] : command;
  const server = spawn(program!, args, { stdio: 'ignore' });
  await once(server, 'spawn');
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answersPing(port))) {
    if (server.exitCode !== null)
      throw new Error(`Expected redis-server on port ${port} to start, but it ended with code ${server.exitCode}`);
    if (Date.now() > deadline) {
      await end(server, 'SIGKILL');
      throw new Error(`Expected redis-server on port ${port} to answer PING within ${START_TIMEOUT_MS} ms`);
    }
    await sleep(10);
  }
  return server;
}

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill(signal);
  await exited;
}

/** False also while the append-only file is still being loaded (`-LOADING`). */
function answersPing(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
  socket.once('data', (answer) => resolve(answer.toString().startsWith('+PONG')));
  socket.once('error', () => resolve(false));
  socket.once('close', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
