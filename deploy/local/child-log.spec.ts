import { appendFileSync, closeSync, mkdtempSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChildLog, findError } from './child-log';

describe('tellingLine', () => {
  it.each([
    [
      'a crash of Node',
      'app.js:3\n  throw new Error()\n  ^\n\n' +
        'TypeError: x is not a function\n    at main (app.js:3:1) {\n  code: 7\n}\n\nNode.js v24.21.0\n',
      'TypeError: x is not a function',
    ],
    ['a plain sentence', '{"level":30,"msg":"starting"}\nPORT: is missing\n', 'PORT: is missing'],
    [
      'a logged error',
      '{"level":60,"msg":"could not start","err":{"message":"no table"}}\n{"level":30,"msg":"stopping"}\n',
      'no table',
    ],
    ['a log that the crash cut off', 'gone wrong\n{"level":50,"ms', 'gone wrong'],
    ['a log without an error', '{"level":30,"msg":"hello"}\n', ''],
  ])('finds the last error in %s', (_, log, line) => {
    expect(findError(log)).toBe(line);
  });
});

describe('ChildLog', () => {
  const dir = mkdtempSync(join(tmpdir(), 'log-'));
  const path = join(dir, 'api.log');
  afterAll(() => rmSync(dir, { recursive: true }));

  it('reports errors of the last run only and keeps the output of earlier runs', () => {
    const log = new ChildLog(path);
    const first = log.open();
    writeSync(first, 'Error: the first\n');
    closeSync(first);
    expect(log.lastError()).toBe('Error: the first');
    closeSync(log.open());
    expect(log.lastError()).toBe('');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('moves 20 MiB to one old file, at a start and while the child writes', () => {
    const log = new ChildLog(path);
    appendFileSync(path, 'old');
    truncateSync(path, 20 * 1024 ** 2);
    const descriptor = log.open();
    expect([path, `${path}.1`].map((file) => statSync(file).size)).toEqual([0, 20 * 1024 ** 2]);
    writeSync(descriptor, 'Error: before\n');
    truncateSync(path, 20 * 1024 ** 2 + 1);
    log.rotate();
    writeSync(descriptor, 'Error: after\n');
    closeSync(descriptor);
    expect([path, `${path}.1`].map((file) => statSync(file).size)).toEqual([13, 20 * 1024 ** 2 + 1]);
    expect(statSync(`${path}.1`).mode & 0o777).toBe(0o600);
    expect(log.lastError()).toBe('Error: after');
  });
});
