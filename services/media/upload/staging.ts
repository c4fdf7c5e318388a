import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Config } from '#config';
import { originalFolder, originalKey, sidecarKey, sidecarOf, type MediaItem, type MediaKey } from '#media';
import { CONFIG, retryInBackground, STORAGE, type Storage } from '#platform';
import { UploadInspector, type InspectedUpload } from './upload-inspector';

/** Bytes that are stored but do not belong to a medium yet. */
export interface StagedUpload extends InspectedUpload, MediaKey {}

/** Stores the bytes of uploads as originals, and removes them when the upload does not become a medium. */
@Injectable()
export class Staging {
  private readonly logger = new Logger(Staging.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  /** @throws {StorageFullError} when a file of `sizeBytes` does not fit now */
  async assertSpaceFor(sizeBytes: number): Promise<void> {
    await this.storage.assertSpaceFor(sizeBytes);
  }

  /**
   * Streams the bytes through `guard` to the original while they are counted, hashed and inspected. Leaves nothing
   * behind when it rejects.
   * @throws {ProblemError} file_too_large, empty_file, unsupported_media_type
   * @throws {StorageFullError}
   */
  async stage({ userId, id }: MediaKey, source: Readable, guard: Transform): Promise<StagedUpload> {
    const inspector = new UploadInspector(this.config);
    // the same error reaches the writer through `inspector`
    const read = pipeline(source, guard, inspector).catch(() => {});
    await this.storage.write(originalKey({ userId, id }), inspector, { isUpload: true });
    await read;
    return { userId, id, ...inspector.result() };
  }

  /**
   * Makes a stored object the original without transferring its bytes. `inspected`: null when they were not
   * inspected yet.
   * @throws {ProblemError} as `stage`
   */
  async adopt({ userId, id }: MediaKey, from: string, inspected: InspectedUpload | null): Promise<StagedUpload> {
    const facts = inspected ?? (await this.inspect(await this.storage.read(from)));
    await this.storage.copy(from, originalKey({ userId, id }));
    return { userId, id, ...facts };
  }

  /** Inspects the bytes under the same limits without storing them. @throws {ProblemError} as `stage` */
  async inspect(source: Readable): Promise<InspectedUpload> {
    const inspector = new UploadInspector(this.config);
    await pipeline(source, inspector, async (bytes) => {
      for await (const chunk of bytes) void chunk;
    });
    return inspector.result();
  }

  /** Writes the sidecar, from which `doctor rebuild` can restore the item of the table. */
  async writeSidecar(item: MediaItem): Promise<void> {
    await this.storage.write(sidecarKey(item), Readable.from([JSON.stringify(sidecarOf(item))]), {
      contentType: 'application/json',
    });
  }

  /** Erases the stored bytes of an upload that did not become a medium. Never rejects. */
  async discard(key: MediaKey): Promise<void> {
    await this.erase(key).catch((err: unknown) => this.logLeftover(key, err));
  }

  /**
   * As `discard`, in the background and with retries, for a storage that is unavailable: the client has waited long
   * enough.
   */
  discardLater(key: MediaKey): void {
    void retryInBackground(() => this.erase(key)).then((isErased) => isErased || this.logLeftover(key));
  }

  private async erase(key: MediaKey): Promise<void> {
    await this.storage.deletePrefix(originalFolder(key));
  }

  private logLeftover({ id }: MediaKey, err?: unknown): void {
    this.logger.warn({ err, mediaId: id, msg: 'bytes of a rejected upload are left for the sweep' });
  }
}
