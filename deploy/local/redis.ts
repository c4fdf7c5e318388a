import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { Redis } from 'ioredis';
// The file itself: the whole of #platform takes longer to load than Redis to start.
import { announceReady, stopWithParent } from '../../libs/platform/supervisor-ipc';

const SETPRIV = '/usr/bin/setpriv';

/**
 * `node redis.js <folder> <port>`: a Redis that lives as long as this process and its supervisor do. Its password comes on
 * stdin and is passed on in the same way: other users can read arguments.
 */
async function main(dir: string, port: number): Promise<void> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const password = await text(process.stdin);
  if (password === '') throw new Error('Expected the password of Redis on stdin, but received nothing');
  const [program, ...args] = tiedToUs(['redis-server', '-', ...serverOptions(dir, port)]);
  const server = spawn(program!, args, { stdio: ['pipe', 'inherit', 'inherit'] });
  server.stdin.on('error', () => {}); // it ended before it read: its exit says why
  server.stdin.end(`requirepass ${password}\n`);
  server.once('error', (error) => {
    process.stderr.write(`redis-server cannot be started: ${error.message}\n`);
    process.exit(1);
  });
  server.once('exit', (code) => process.exit(code ?? 1));
  process.on('SIGTERM', () => server.kill('SIGTERM')); // Redis writes its append-only file and leaves
  stopWithParent(async () => {
    server.kill('SIGTERM');
    await once(server, 'exit');
  });
  await loaded(port, password);
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
    'auto-aof-rewrite-min-size': '8mb', // of 1 MB of live data; the default lets the file grow to 64 MB first
    'maxmemory-policy': 'noeviction', // an evicted job would be a lost one
  };
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

/** Where the kernel offers it (Linux), Redis gets its SIGTERM also when this process is killed the hard way. */
function tiedToUs(command: string[]): string[] {
  return existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'TERM', ...command] : command;
}

/** ioredis holds a command back until the server has loaded its append-only file. */
async function loaded(port: number, password: string): Promise<void> {
  const client = new Redis({ host: '127.0.0.1', port, password, retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on('error', () => {}); // not listening yet; it tries again
  await client.ping();
  client.disconnect();
}

void main(process.argv[2]!, Number(process.argv[3]));
