import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PRLIMIT = '/usr/bin/prlimit';
const LIMIT_BYTES = 64 * 1024;

/** Logs each message it receives and confirms it; exits on `exit`. */
const SCRIPT = `
  const { createLogger } = require(${JSON.stringify(join(__dirname, 'logging.ts'))});
  const logger = createLogger('probe', { logLevel: 'info' });
  process.on('message', (text) => {
    if (text !== 'exit') return logger.info(text), process.send(text.length);
    logger.fatal('the last line');
    process.exit(7);
  });
  process.send('ready');
`;

async function log(child: ChildProcess, text: string): Promise<void> {
  child.send(text);
  await once(child, 'message', { signal: AbortSignal.timeout(5_000) });
}

async function exit(child: ChildProcess): Promise<number> {
  child.send('exit');
  return (await once(child, 'exit', { signal: AbortSignal.timeout(5_000) }))[0] as number;
}

describe('createLogger, on an output that rejects writes', () => {
  const dir = mkdtempSync(join(tmpdir(), 'logging-'));
  const path = join(dir, 'log');
  const running: ChildProcess[] = [];
  afterEach(() => running.splice(0).forEach((child) => child.kill('SIGKILL')));
  afterAll(() => rmSync(dir, { recursive: true }));

  async function start(output: string, command: readonly string[] = []): Promise<ChildProcess> {
    const descriptor = openSync(output, 'a');
    const node = [process.execPath, '--require', join(__dirname, '../../testing/run-typescript.cjs'), '-e', SCRIPT];
    const [program, ...args] = [...command, ...node];
    const child = spawn(program!, args, { stdio: ['ignore', descriptor, descriptor, 'ipc'] });
    closeSync(descriptor);
    running.push(child);
    await once(child, 'message');
    return child;
  }

  const lines = () => readFileSync(path, 'utf8').trim().split('\n');
  const messages = () => lines().map((line) => (JSON.parse(line) as { msg: string }).msg);

  it('writes every line, including long ones and the last one before an exit', async () => {
    const child = await start(path);
    await log(child, 'x'.repeat(100_000));
    expect(await exit(child)).toBe(7);
    expect(messages()).toEqual(['x'.repeat(100_000), 'the last line']);
  });

  (existsSync('/dev/full') ? it : it.skip)('neither blocks nor exits on a full device', async () => {
    const child = await start('/dev/full');
    for (let count = 0; count < 5; count += 1) await log(child, 'a line');
    expect(await exit(child)).toBe(7);
  });

  (existsSync(PRLIMIT) ? it : it.skip)(
    'resumes as soon as there is space, and logs how many lines were dropped',
    async () => {
      rmSync(path);
      const child = await start(path, [PRLIMIT, `--fsize=${LIMIT_BYTES}:`]);
      await log(child, 'first');
      for (let count = 0; count < 3; count += 1) await log(child, 'y'.repeat(LIMIT_BYTES)); // the first is truncated
      execFileSync(PRLIMIT, ['--pid', String(child.pid), '--fsize=unlimited:']);
      await log(child, 'there is space');
      expect(await exit(child)).toBe(7);
      const [first, truncated, ...rest] = lines();
      expect([JSON.parse(first!), truncated!.length < LIMIT_BYTES]).toEqual([
        expect.objectContaining({ msg: 'first' }),
        true,
      ]);
      expect(rest.map((line) => JSON.parse(line) as unknown)).toEqual([
        expect.objectContaining({ msg: 'log lines were dropped', dropped: 3, level: 40 }),
        expect.objectContaining({ msg: 'there is space' }),
        expect.objectContaining({ msg: 'the last line' }),
      ]);
    },
  );
});
