import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError, processStart } from '#config';
import { Child, delayAfter } from './child';

const READY = `process.send({ type: 'ready' });`;
const LIVE = 'setInterval(() => {}, 1000);';

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 10_000; !condition(); await sleep(20)) {
    if (Date.now() > deadline) throw new Error(`Expected ${condition.toString()} within 10 s`);
  }
}

describe('Child', () => {
  const dir = mkdtempSync(join(tmpdir(), 'child-'));
  const started: Child[] = [];
  const lines: string[] = [];
  beforeEach(() => lines.splice(0));
  afterEach(() => Promise.all(started.splice(0).map((child) => child.stop())));
  afterAll(() => rmSync(dir, { recursive: true }));

  /** A stub service made of a few lines of JavaScript. */
  function stub(name: string, source: string, drainMs = 5_000): Child {
    const script = join(dir, `${name}.js`);
    writeFileSync(script, source);
    const spec = {
      name,
      script,
      args: [dir],
      env: { PATH: '/usr/bin:/bin' },
      logFile: join(dir, `${name}.log`),
      drainMs,
    };
    const child = new Child(spec, { say: (line) => lines.push(line), changed: () => {} });
    started.push(child);
    return child;
  }

  it('doubles the backoff from 0.5 s to 15 s', () => {
    expect([1, 2, 3, 4, 5, 6, 9].map(delayAfter)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });

  it('restarts a killed child and reports why it ended', async () => {
    const child = stub('killed', READY + LIVE);
    await child.start();
    const first = child.pid!;
    process.kill(first, 'SIGKILL');
    await until(() => lines.length === 2);
    expect(lines).toEqual(['killed ended (SIGKILL); restarting in 0.5 s', 'killed is ready again']);
    expect(child.pid).not.toBe(first);
  });

  it('keeps restarting a failing child that was ready once', async () => {
    const once =
      `const seen = process.argv[2] + '/seen', fs = require('node:fs');` +
      `if (fs.existsSync(seen)) throw new Error('second run'); fs.writeFileSync(seen, '');`;
    const child = stub('failing', `${once}${READY} setTimeout(() => process.exit(3), 50);`);
    await child.start();
    await until(() => lines.length === 3);
    expect(lines).toEqual([
      'failing ended (exit code 3); restarting in 0.5 s',
      'failing ended (exit code 1): Error: second run; restarting in 1 s',
      'failing ended (exit code 1): Error: second run; restarting in 2 s',
    ]);
  });

  it('rejects after five failed starts of a child that was never ready, with its last error', async () => {
    const failure = stub(
      'wrong',
      `process.stderr.write('TRUST_PROXY: expected a number\\n'); process.exit(1);`,
    ).start();
    await expect(failure).rejects.toThrow(OperatorError);
    await expect(failure).rejects.toThrow(
      /^wrong ended \(exit code 1\): TRUST_PROXY: expected a number\n.*5 attempts.*wrong\.log$/,
    );
    expect(lines).toHaveLength(4);
  });

  it('kills the process group of a child that does not drain in time', async () => {
    const grandchild =
      `const { pid } = require('node:child_process').spawn('sleep', ['60']);` +
      `require('node:fs').writeFileSync(process.argv[2] + '/grandchild', String(pid));`;
    const child = stub('stubborn', `process.on('SIGTERM', () => console.log('no'));${grandchild}${READY}${LIVE}`, 300);
    await child.start();
    const pids = [child.pid!, Number(readFileSync(join(dir, 'grandchild'), 'utf8'))];
    await child.stop();
    await until(() => pids.every((pid) => processStart(pid) === null));
    expect(lines).toEqual(['stubborn did not stop within 0.3 s and is killed']);
    expect(readFileSync(join(dir, 'stubborn.log'), 'utf8')).toBe('no\n');
  });

  it('drains and restarts on request, with the current script and without a backoff', async () => {
    const drains = `process.once('SIGTERM', () => setTimeout(() => process.exit(0), 100));`;
    const child = stub('changed', `console.log('first');${drains}${READY}${LIVE}`);
    await child.start();
    const first = child.pid;
    writeFileSync(join(dir, 'changed.js'), `console.log('second');${READY}${LIVE}`);
    const startedAt = Date.now();
    await Promise.all([child.restart(), child.restart()]);
    await until(() => lines.length === 1);
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    expect(lines).toEqual(['changed is ready again']);
    expect(child.pid).not.toBe(first);
    expect(readFileSync(join(dir, 'changed.log'), 'utf8')).toBe('first\nsecond\n');
  });

  it('ends the backoff early when a restart is requested', async () => {
    const child = stub('mistaken', `${READY} setTimeout(() => process.exit(1), 20);`);
    await child.start();
    await until(() => lines.length === 5); // ended and ready again twice, then a backoff of 2 s
    writeFileSync(join(dir, 'mistaken.js'), READY + LIVE);
    const requestedAt = Date.now();
    await child.restart();
    await until(() => lines.length === 6);
    expect(lines.slice(4)).toEqual(['mistaken ended (exit code 1); restarting in 2 s', 'mistaken is ready again']);
    expect(Date.now() - requestedAt).toBeLessThan(1_900);
  });

  it('stops, also during a backoff', async () => {
    const child = stub('pausing', `${READY} setTimeout(() => process.exit(1), 20);`);
    await child.start();
    await until(() => lines.length === 1);
    await child.stop();
    await sleep(700);
    expect(child.pid).toBeNull();
    expect(lines).toHaveLength(1);
    expect(existsSync(join(dir, 'pausing.log'))).toBe(true);
  });
});
