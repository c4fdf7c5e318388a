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
  /** The pid of the current server; changes with `restart()`. */
  readonly pid: number;
  /** Ends the server and erases its data. */
  stop(): Promise<void>;
  /** Sends SIGKILL, like a crash; keeps the data for `restart()`. */
  kill(): Promise<void>;
  /** Starts the server again on the same port with the same data; kills a running one first. */
  restart(): Promise<void>;
}

/** Starts a Redis server on a free loopback port with the settings of production: append-only file, `noeviction`. */
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
  // appendfsync no: each write reaches the file before its response, so it survives a crash of the process. With
  // everysec a busy disk delays the write.
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
  // A killed test process runs no clean-up, so the kernel kills its server (Linux; setpriv execs it: same pid).
  const [program, ...args] = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', ...command] : command;
  const server = spawn(program!, args, { stdio: 'ignore' });
  await once(server, 'spawn');
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answersPing(port))) {
    if (server.exitCode !== null)
      throw new Error(`Expected redis-server on port ${port} to start, but it exited with code ${server.exitCode}`);
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

/** Returns false while the append-only file is being loaded (`-LOADING`), too. */
function answersPing(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
  socket.once('data', (answer) => resolve(answer.toString().startsWith('+PONG')));
  socket.once('error', () => resolve(false));
  socket.once('close', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
