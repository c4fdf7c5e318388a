import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Config } from '#config';
import { originalFolder, originalKey, sidecarKey, sidecarOf, type MediaItem, type MediaKey } from '#media';
import { CONFIG, retryFor, STORAGE, type Storage } from '#platform';
import { UploadInspector, type InspectedUpload } from './upload-inspector';

/** Bytes that are stored, but belong to no medium yet. */
export interface Staged extends InspectedUpload, MediaKey {}

/** The bytes of an upload on their way to their place, and back out when it comes to nothing. */
@Injectable()
export class Staging {
  private readonly logger = new Logger(Staging.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  /** Rejects when a file of `sizeBytes` would find no room now. @throws {StorageFullError} */
  async assertRoomFor(sizeBytes: number): Promise<void> {
    await this.storage.assertRoomFor(sizeBytes);
  }

  /**
   * Streams the bytes to their place while they are counted, hashed and examined. When it rejects, nothing is left.
   * @throws {ProblemError} file_too_large, empty_file, unsupported_media_type
   * @throws {StorageFullError}
   */
  async stage({ userId, id }: MediaKey, source: Readable): Promise<Staged> {
    const intake = new UploadInspector(this.config.maxUploadBytes);
    const passed = pipeline(source, intake).catch(() => {}); // the same error reaches the writer through `intake`
    await this.storage.write(originalKey({ userId, id }), intake, { isUpload: true });
    await passed;
    return { userId, id, ...intake.result() };
  }

  /**
   * Makes an object that is there already the original, without moving its bytes. `examined` is what they are, if they passed already.
   * @throws {ProblemError} as `stage`
   */
  async adopt({ userId, id }: MediaKey, from: string, examined: InspectedUpload | null): Promise<Staged> {
    const facts = examined ?? (await this.examine(await this.storage.read(from)));
    await this.storage.copy(from, originalKey({ userId, id }));
    return { userId, id, ...facts };
  }

  /** What the bytes are, under the same limits, without keeping them. */
  async examine(source: Readable): Promise<InspectedUpload> {
    const intake = new UploadInspector(this.config.maxUploadBytes);
    await pipeline(source, intake, async (bytes) => {
      for await (const chunk of bytes) void chunk;
    });
    return intake.result();
  }

  /** Writes beside the original what the table can be rebuilt from. */
  async describe(item: MediaItem): Promise<void> {
    await this.storage.write(sidecarKey(item), Readable.from([JSON.stringify(sidecarOf(item))]), {
      contentType: 'application/json',
    });
  }

  /** The upload came to nothing: takes back what was stored. Never rejects. */
  async discard(key: MediaKey): Promise<void> {
    await this.erase(key).catch((err: unknown) => this.tell(key, err));
  }

  /** As `discard`, for when the storage is away, and whoever uploads has waited long enough: as soon as it is back. */
  discardLater(key: MediaKey): void {
    void retryFor(() => this.erase(key)).then((isGone) => isGone || this.tell(key));
  }

  private async erase(key: MediaKey): Promise<void> {
    await this.storage.deletePrefix(originalFolder(key));
  }

  private tell({ id }: MediaKey, err?: unknown): void {
    this.logger.warn({ err, mediaId: id, msg: 'bytes of a refused upload are left for the sweep' });
  }
}
