import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processStart } from '#config';
import { DataLock, FolderInUseError } from './data-lock';

describe('DataLock', () => {
  let dir: string;
  let path: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'lock-'));
    path = join(dir, 'lock');
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('refuses a folder whose owner lives, in one line that names it', async () => {
    await DataLock.take(dir);
    const refusal = DataLock.take(dir);
    await expect(refusal).rejects.toThrow(FolderInUseError);
    await expect(refusal).rejects.toThrow(new RegExp(`^[^\\n]*${dir} already \\(pid ${process.pid}[^\\n]*$`));
  });

  it('is free again after release', async () => {
    (await DataLock.take(dir)).release();
    expect(existsSync(path)).toBe(false);
    await DataLock.take(dir);
  });

  it.each([
    ['a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, started: '1', children: [] })],
    [
      'a pid that now belongs to another process',
      JSON.stringify({ pid: process.pid, started: 'before', children: [] }),
    ],
    ['a note that a power cut left empty', ''],
  ])('takes over from %s', async (_, note) => {
    writeFileSync(path, note);
    await DataLock.take(dir);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      pid: process.pid,
      started: processStart(process.pid),
      children: [],
    });
  });

  it('lets one of many that start together have it', async () => {
    writeFileSync(path, JSON.stringify({ pid: process.pid, started: 'before', children: [] }));
    const taken = await Promise.allSettled(Array.from({ length: 20 }, () => DataLock.take(dir)));
    expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('waits until the children of a dead owner have left', async () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 700)'], { detached: true, stdio: 'ignore' });
    await once(child, 'spawn');
    const children = [{ pid: child.pid, started: processStart(child.pid!) }];
    writeFileSync(path, JSON.stringify({ pid: process.pid, started: 'before', children }));
    await DataLock.take(dir);
    expect(processStart(child.pid!)).toBeNull();
  });
});
