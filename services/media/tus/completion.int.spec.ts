import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Upload } from '@tus/server';
import type { Config } from '#config';
import { originalKey } from '#media';
import { ProblemError } from '#nest';
import { LocalStorage } from '#platform';
import { Staging } from '../upload/staging';
import { UploadCompletion } from './completion';
import { type Finished, PartialUploads, partsKey } from './partial-uploads';

const key = { userId: 'ann', id: '01M85RCK9PSEEFBXB6DHHENWYH' };
const examined = { sizeBytes: 5, sha256: 'of hello', contentType: 'image/jpeg', kind: 'image' as const };

describe('Finisher', () => {
  let root: string;
  let storage: LocalStorage;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'completion-'));
    storage = new LocalStorage(root);
    await storage.write(partsKey(key), Readable.from([Buffer.from('hello')]));
  });
  afterEach(() => rm(root, { recursive: true }));

  /** Its commit is refused; `meanwhile` is what another runner made by then. */
  const refusedFinisher = (meanwhile: Finished | null) => {
    let known: Finished | null = null;
    const commit = async () => {
      known = meanwhile;
      throw new ProblemError('quota_exceeded');
    };
    const parts = new PartialUploads({ remove: async () => {} } as never, storage);
    return new UploadCompletion(
      { find: async () => known } as never,
      new Staging({ maxUploadBytes: 100 } as Config, storage),
      { commit } as never,
      parts,
      {} as never,
    );
  };
  const upload = new Upload({ id: partsKey(key), size: 5, offset: 5 });

  it('leaves nothing in the place of an upload that is refused', async () => {
    await expect(refusedFinisher(null).finish(key, upload, examined)).rejects.toMatchObject({ code: 'quota_exceeded' });
    expect(await storage.stat(originalKey(key))).toBeNull();
  });

  it('does not take away what a second runner made a medium of meanwhile', async () => {
    const made = { mediaId: key.id, sizeBytes: 5 };
    expect(await refusedFinisher(made).finish(key, upload, examined)).toEqual(made);
    expect(await text(await storage.read(originalKey(key)))).toBe('hello');
  });
});
