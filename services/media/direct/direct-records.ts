import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { problems, type ProblemCode } from '#contracts';
import { unfinishedFolder, type MediaKey } from '#media';
import { ObjectMissingError, STORAGE, type Storage } from '#platform';

const codes = Object.keys(problems) as [ProblemCode, ...ProblemCode[]];
const recordSchema = z.object({
  schemaVersion: z.literal(1),
  filename: z.string(),
  batchId: z.string().nullable(),
  /** The declared size; the bytes must have it. */
  sizeBytes: z.int().positive(),
  /** The declared hash, if any; the bytes must have it. */
  sha256: z.string().nullable(),
  /** Id of the multipart upload; null for a single PUT. */
  multipartId: z.string().nullable(),
  /** Set when the bytes were refused and erased: every further request gets the same problem. */
  refusal: z.object({ code: z.enum(codes), detail: z.string() }).nullable(),
});
export type DirectRecord = z.infer<typeof recordSchema>;

const recordKey = (key: MediaKey) => `${unfinishedFolder(key)}direct.json`;

/** What the client declared of each unfinished direct upload, in the folder of unfinished uploads, which expires. */
@Injectable()
export class DirectRecords {
  constructor(@Inject(STORAGE) private readonly storage: Storage) {}

  /** Returns null when there is no unfinished direct upload with this key. */
  async find(key: MediaKey): Promise<DirectRecord | null> {
    try {
      return recordSchema.parse(JSON.parse(await text(await this.storage.read(recordKey(key)))));
    } catch (error) {
      if (error instanceof ObjectMissingError) return null;
      throw error;
    }
  }

  async save(key: MediaKey, record: DirectRecord): Promise<void> {
    await this.storage.write(recordKey(key), Readable.from([JSON.stringify(record)]), {
      contentType: 'application/json',
    });
  }

  async erase(key: MediaKey): Promise<void> {
    await this.storage.deletePrefix(unfinishedFolder(key));
  }
}
