import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TempFileReaper } from './temp-file-reaper';
import { keepTouched, openTempFolder } from './temp-folder';

describe('abandoned files', () => {
  let root: string;
  let abandoned: TempFileReaper;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'abandoned-'));
    abandoned = new TempFileReaper([join(root, 'tmp'), join(root, 'work')]);
    for (const dir of ['tmp', 'work/dead']) await mkdir(join(root, dir), { recursive: true });
    for (const file of ['tmp/dead', 'work/dead/source']) await writeFile(join(root, file), 'x');
  });
  afterEach(async () => {
    jest.useRealTimers();
    await rm(root, { recursive: true });
  });

  const there = async () => [...(await readdir(join(root, 'tmp'))), ...(await readdir(join(root, 'work')))];

  it('go when nobody touched them from one look to the fourth', async () => {
    expect([await abandoned.reap(), await abandoned.reap(), await abandoned.reap(), await there()]).toEqual([
      0,
      0,
      0,
      ['dead', 'dead'],
    ]);
    expect([await abandoned.reap(), await there()]).toEqual([2, []]);
  });

  it('stay while something in them changes, however old they look', async () => {
    for (let look = 0; look < 6; look += 1) {
      for (const path of ['work/dead/source', 'work/dead', 'tmp/dead']) await utimes(join(root, path), look, look);
      expect(await abandoned.reap()).toBe(0);
    }
  });

  it('are not what somebody uses, long as it may take', async () => {
    jest.useFakeTimers({ doNotFake: ['Date', 'nextTick', 'setImmediate', 'queueMicrotask'] });
    await rm(join(root, 'work/dead'), { recursive: true });
    const release = keepTouched(join(root, 'tmp/dead'));
    const folder = await openTempFolder(join(root, 'work'));
    for (let look = 0; look < 6; look += 1) {
      jest.advanceTimersByTime(10_000);
      await new Promise((resolve) => void setImmediate(resolve));
      for (let ask = 0; ask < 20; ask += 1) await readdir(root); // behind the touches, in the same pool
      expect(await abandoned.reap()).toBe(0);
    }
    release();
    await folder.erase();
    expect(await there()).toEqual(['dead']);
  });
});
