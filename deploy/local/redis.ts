import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { Redis } from 'ioredis';
// Not from #platform, which takes longer to load than Redis to start.
import { announceReady, stopWithParent } from '../../libs/platform/supervisor-ipc';

const SETPRIV = '/usr/bin/setpriv';

/**
 * `node redis.js <folder> <port>`: runs a Redis that ends with this process and its supervisor. Reads its password from
 * stdin and passes it to Redis by stdin, because other users can read arguments.
 */
async function main(dir: string, port: number): Promise<void> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const password = await text(process.stdin);
  if (password === '') throw new Error('Expected the password of Redis on stdin, but received nothing');
  const [program, ...args] = withParentDeathSignal(['redis-server', '-', ...serverOptions(dir, port)]);
  const server = spawn(program!, args, { stdio: ['pipe', 'inherit', 'inherit'] });
  server.stdin.on('error', () => {}); // EPIPE when it exits before reading; its exit is handled below
  server.stdin.end(`requirepass ${password}\n`);
  server.once('error', (error) => {
    process.stderr.write(`redis-server cannot be started: ${error.message}\n`);
    process.exit(1);
  });
  server.once('exit', (code) => process.exit(code ?? 1));
  process.on('SIGTERM', () => server.kill('SIGTERM')); // Redis flushes its append-only file and exits
  stopWithParent(async () => {
    server.kill('SIGTERM');
    await once(server, 'exit');
  });
  await waitUntilLoaded(port, password);
  announceReady();
}

function serverOptions(dir: string, port: number): string[] {
  const options = {
    port,
    bind: '127.0.0.1',
    dir,
    daemonize: 'no',
    save: '',
    appendonly: 'yes',
    appendfsync: 'everysec',
    'auto-aof-rewrite-min-size': '8mb', // with 1 MB of live data; the default is 64 MB
    'maxmemory-policy': 'noeviction', // BullMQ requires it: an evicted job would be lost
  };
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

/** On Linux, Redis gets a SIGTERM also when this process is killed by SIGKILL (PR_SET_PDEATHSIG). */
function withParentDeathSignal(command: string[]): string[] {
  return existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'TERM', ...command] : command;
}

/** ioredis delays commands until the server has loaded its append-only file. */
async function waitUntilLoaded(port: number, password: string): Promise<void> {
  const client = new Redis({ host: '127.0.0.1', port, password, retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on('error', () => {}); // not listening yet; ioredis retries
  await client.ping();
  client.disconnect();
}

void main(process.argv[2]!, Number(process.argv[3]));
