import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorError, processStart } from '#config';
import { DataLock } from './data-lock';

describe('DataLock', () => {
  let dir: string;
  let path: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'lock-'));
    path = join(dir, 'lock');
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('rejects with a one-line message while the owner is running', async () => {
    await DataLock.acquire(dir);
    const second = DataLock.acquire(dir);
    await expect(second).rejects.toThrow(OperatorError);
    await expect(second).rejects.toThrow(new RegExp(`^[^\\n]*${dir} already \\(pid ${process.pid}[^\\n]*$`));
  });

  it('can be acquired again after release', async () => {
    (await DataLock.acquire(dir)).release();
    expect(existsSync(path)).toBe(false);
    await DataLock.acquire(dir);
  });

  it.each([
    ['a process that has ended', JSON.stringify({ pid: 2 ** 22 + 1, started: '1', children: [] })],
    [
      'a pid that now belongs to another process',
      JSON.stringify({ pid: process.pid, started: 'before', children: [] }),
    ],
    ['a file that a power cut left empty', ''],
  ])('takes over the stale lock of %s', async (_, content) => {
    writeFileSync(path, content);
    await DataLock.acquire(dir);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      pid: process.pid,
      started: processStart(process.pid),
      children: [],
    });
  });

  it('is acquired by one of many concurrent starts', async () => {
    writeFileSync(path, JSON.stringify({ pid: process.pid, started: 'before', children: [] }));
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => DataLock.acquire(dir)));
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('waits until the children of a crashed owner have exited', async () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 700)'], { detached: true, stdio: 'ignore' });
    await once(child, 'spawn');
    const children = [{ pid: child.pid, started: processStart(child.pid!) }];
    writeFileSync(path, JSON.stringify({ pid: process.pid, started: 'before', children }));
    await DataLock.acquire(dir);
    expect(processStart(child.pid!)).toBeNull();
  });
});
