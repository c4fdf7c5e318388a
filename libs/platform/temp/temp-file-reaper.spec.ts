import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TempFileReaper } from './temp-file-reaper';
import { keepTouched, openTempFolder } from './temp-folder';

describe('TempFileReaper', () => {
  let root: string;
  let reaper: TempFileReaper;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'abandoned-'));
    reaper = new TempFileReaper([join(root, 'tmp'), join(root, 'work')]);
    for (const dir of ['tmp', 'work/abandoned']) await mkdir(join(root, dir), { recursive: true });
    for (const file of ['tmp/abandoned', 'work/abandoned/source']) await writeFile(join(root, file), 'x');
  });
  afterEach(async () => {
    jest.useRealTimers();
    await rm(root, { recursive: true });
  });

  const remaining = async () => [...(await readdir(join(root, 'tmp'))), ...(await readdir(join(root, 'work')))];

  it('deletes entries that are unchanged from one scan to the fourth', async () => {
    expect([await reaper.reap(), await reaper.reap(), await reaper.reap(), await remaining()]).toEqual([
      0,
      0,
      0,
      ['abandoned', 'abandoned'],
    ]);
    expect([await reaper.reap(), await remaining()]).toEqual([2, []]);
  });

  it('keeps entries whose times change, however old they are', async () => {
    for (let scan = 0; scan < 6; scan += 1) {
      for (const path of ['work/abandoned/source', 'work/abandoned', 'tmp/abandoned'])
        await utimes(join(root, path), scan, scan);
      expect(await reaper.reap()).toBe(0);
    }
  });

  it('keeps entries in use for any length of time', async () => {
    jest.useFakeTimers({ doNotFake: ['Date', 'nextTick', 'setImmediate', 'queueMicrotask'] });
    await rm(join(root, 'work/abandoned'), { recursive: true });
    const release = keepTouched(join(root, 'tmp/abandoned'));
    const folder = await openTempFolder(join(root, 'work'));
    for (let scan = 0; scan < 6; scan += 1) {
      jest.advanceTimersByTime(10_000);
      await new Promise((resolve) => void setImmediate(resolve));
      for (let read = 0; read < 20; read += 1) await readdir(root); // queued after the touches in the same thread pool
      expect(await reaper.reap()).toBe(0);
    }
    release();
    await folder.erase();
    expect(await remaining()).toEqual(['abandoned']);
  });
});
