import { Upload } from '@tus/server';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DependencyUnavailableError } from './errors';
import { diskResumableStore } from './resumable';

const upload = (id: string) => new Upload({ id: `resumable/u/${id}/bytes`, size: 3, offset: 0 });

describe('resumable uploads on a disk', () => {
  it('take a disk that is gone for away: nobody begins anew, and nothing is kept in its place', async () => {
    const root = await mkdtemp(join(tmpdir(), 'resumable-'));
    const store = diskResumableStore(join(root, 'objects'), 60_000);
    await store.create(upload('first'));
    await rename(join(root, 'objects'), join(root, 'away'));
    await expect(store.getUpload(upload('first').id)).rejects.toThrow(DependencyUnavailableError);
    await expect(store.create(upload('second'))).rejects.toThrow(DependencyUnavailableError);
    expect(await readdir(root)).toEqual(['away']);
    await rename(join(root, 'away'), join(root, 'objects'));
    expect(await store.getUpload(upload('first').id)).toMatchObject({ size: 3, offset: 0 });
    await rm(root, { recursive: true });
  });
});
