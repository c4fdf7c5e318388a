import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Config } from '#config';
import { originalKey } from '#media';
import { ProblemError } from '#nest';
import { LocalStorage } from '#platform';
import { Staging } from '../upload/staging';
import { UploadCompletion } from './completion';
import { type FinishedUpload, PartialUploads, partsKey } from './partial-uploads';

const key = { userId: 'ann', id: '01M85RCK9PSEEFBXB6DHHENWYH' };
const inspected = { sizeBytes: 5, sha256: 'of hello', contentType: 'image/jpeg', kind: 'image' as const };

describe('UploadCompletion', () => {
  let root: string;
  let storage: LocalStorage;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'completion-'));
    storage = new LocalStorage(root);
    await storage.write(partsKey(key), Readable.from([Buffer.from('hello')]));
  });
  afterEach(() => rm(root, { recursive: true }));

  /** A completion whose commit is rejected; `concurrent`: what another request finished meanwhile. */
  const rejectingCompletion = (concurrent: FinishedUpload | null) => {
    let finished: FinishedUpload | null = null;
    const commit = async () => {
      finished = concurrent;
      throw new ProblemError('quota_exceeded');
    };
    const partialUploads = new PartialUploads({ remove: async () => {} } as never, storage, {} as never, {} as never);
    return new UploadCompletion(
      { find: async () => finished } as never,
      new Staging({ maxUploadBytes: 100 } as Config, storage),
      { commit } as never,
      partialUploads,
      {} as never,
    );
  };
  const details = { filename: 'beach.jpg', title: null, batchId: null, onDuplicate: 'keep' } as const;
  const upload = { bytesKey: partsKey(key), details };

  it('leaves no original behind when the commit is rejected', async () => {
    await expect(rejectingCompletion(null).finish(key, upload, inspected)).rejects.toMatchObject({
      code: 'quota_exceeded',
    });
    expect(await storage.stat(originalKey(key))).toBeNull();
  });

  it('keeps the original when a concurrent request has made a medium of it', async () => {
    const finished = { mediaId: key.id, sizeBytes: 5 };
    expect(await rejectingCompletion(finished).finish(key, upload, inspected)).toEqual(finished);
    expect(await text(await storage.read(originalKey(key)))).toBe('hello');
  });
});
