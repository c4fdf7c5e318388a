import { Inject, Injectable, Logger } from '@nestjs/common';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '#config';
import type { Media } from '#contracts';
import { MediaAnnouncer, MediaCounters, MediaRepository, originalFolder, originalKey, sidecarKey, toMedia, WordIndex, type MediaItem } from '#media';
import { ProblemError } from '#nest';
import { CONFIG, JobQueue, newId, STORAGE, type Storage } from '#platform';
import { Intake, type Examined } from './intake';
import { displayFilename, titleOf } from './filename';

/** Longer than a write can be under way after its caller gave up. */
const WITHDRAW_PAUSE_MS = 5_000;
const WITHDRAW_FOR_MS = 30 * 60_000;

/** Bytes that are stored, but belong to no medium yet. Becomes one by `commit`, or nothing by `discard`. */
export interface Staged extends Examined {
  userId: string;
  id: string;
}

export interface UploadDetails {
  filename: string;
  title: string | null;
  batchId: string | null;
}

/** The one way in, for every kind of upload. What was answered with success is durable; what was not leaves nothing. */
@Injectable()
export class UploadService {
  private readonly logger = new Logger(UploadService.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(STORAGE) private readonly storage: Storage,
    private readonly media: MediaRepository,
    private readonly counters: MediaCounters,
    private readonly words: WordIndex,
    private readonly announcer: MediaAnnouncer,
    private readonly queue: JobQueue,
  ) {}

  /**
   * Streams the bytes to their place while they are counted, hashed and examined. When it rejects, nothing is left.
   * @throws {ProblemError} file_too_large, quota_exceeded, empty_file, unsupported_media_type
   */
  async stage(userId: string, source: Readable, id: string = newId()): Promise<Staged> {
    const intake = new Intake(this.config.maxUploadBytes);
    const passed = pipeline(source, intake).catch(() => {}); // the same error reaches the writer through `intake`
    await this.storage.write(originalKey({ userId, id }), intake);
    await passed;
    return { userId, id, ...intake.result() };
  }

  /** Hashes the bytes without keeping them, under the same limits: for the repeat of an upload that is known already. */
  async examine(source: Readable): Promise<Examined> {
    const intake = new Intake(this.config.maxUploadBytes);
    await pipeline(source, intake, async (bytes) => {
      for await (const chunk of bytes) void chunk;
    });
    return intake.result();
  }

  /**
   * Makes the medium and wakes a worker. From here on it can not get lost.
   * @throws {ProblemError} quota_exceeded, unauthenticated when the account was deleted meanwhile
   */
  async commit(staged: Staged, details: UploadDetails): Promise<Media> {
    const item = newItem(staged, details);
    try {
      await this.reserveRoom(staged);
      await this.storage.write(sidecarKey(item), Readable.from([JSON.stringify(sidecarOf(item))]), { contentType: 'application/json' });
      await this.words.add(item);
    } catch (error) {
      await this.discard(staged);
      void this.freeRoom(staged);
      throw error;
    }
    const event = await this.media.create(item).catch((error: unknown) => {
      void this.withdraw(staged); // it may have been written all the same, and nobody may wait for a table that is away
      throw error;
    });
    void this.settle(staged);
    if (event) void this.announce(item, event);
    return toMedia(item);
  }

  /** The upload came to nothing: takes back what `stage` stored. */
  async discard({ userId, id }: Staged): Promise<void> {
    await this.storage.deletePrefix(originalFolder({ userId, id })).catch((err: unknown) => this.logger.warn({ err, mediaId: id, msg: 'bytes of a refused upload are left for the sweep' }));
  }

  private async reserveRoom({ userId, id, sizeBytes }: Staged): Promise<void> {
    const outcome = await this.counters.reserve(userId, id, sizeBytes, this.config.userQuotaBytes);
    if (outcome === 'full') throw new ProblemError('quota_exceeded');
    if (outcome === 'gone') throw new ProblemError('unauthenticated');
  }

  private async announce(item: MediaItem, event: NonNullable<Awaited<ReturnType<MediaRepository['create']>>>): Promise<void> {
    await Promise.all([
      this.announcer.announce({ item, event }),
      this.queue.send(item.kind, { userId: item.userId, mediaId: item.id, round: item.round }).catch(() => {}), // the sweeper wakes it later
    ]);
  }

  /** A reservation that stays behind because the table is away ends by itself within a day. */
  private async freeRoom({ userId, id, sizeBytes }: Staged): Promise<void> {
    await this.counters.cancel(userId, id, sizeBytes).catch(() => {});
  }

  private async settle({ userId, id }: Staged): Promise<void> {
    await this.counters.settle(userId, id).catch(() => {}); // settled a day later, when the sweeper finds that it became a medium
  }

  /**
   * The upload was answered with 503, but its write may have happened unheard, or happen late: waits until the table says
   * which, and leaves nothing of it either way.
   */
  private async withdraw(staged: Staged): Promise<void> {
    for (const giveUpAt = Date.now() + WITHDRAW_FOR_MS; Date.now() < giveUpAt; ) {
      await sleep(WITHDRAW_PAUSE_MS, undefined, { ref: false });
      try {
        const written = await this.media.markDeleted(staged);
        if (written) return await this.announcer.announce(written); // the sweeper erases it, as any deleted medium
        await this.discard(staged);
        return await this.freeRoom(staged);
      } catch {
        // still away
      }
    }
    this.logger.error({ mediaId: staged.id, userId: staged.userId, msg: 'an upload that was refused may have left a medium' });
  }
}

/** What the table can be rebuilt from, beside each original. */
function sidecarOf({ id, userId, filename, title, sha256, sizeBytes, contentType, kind, batchId, createdAt }: MediaItem) {
  return { schemaVersion: 1, id, userId, filename, title, sha256, sizeBytes, contentType, kind, batchId, createdAt };
}

function newItem({ userId, id, kind, contentType, sizeBytes, sha256 }: Staged, details: UploadDetails): MediaItem {
  const at = new Date().toISOString();
  const filename = displayFilename(details.filename);
  return {
    schemaVersion: 1,
    userId,
    id,
    title: details.title ?? titleOf(filename),
    filename,
    description: '',
    tags: [],
    batchId: details.batchId,
    kind,
    contentType,
    sizeBytes,
    sha256,
    status: 'uploaded',
    round: 1,
    progress: 0,
    failure: null,
    history: [{ status: 'uploaded', at, round: 1 }],
    width: null,
    height: null,
    durationSeconds: null,
    codecs: [],
    metadata: {},
    derived: null,
    derivedToken: null,
    derivedBytes: 0,
    createdAt: at,
    updatedAt: at,
    completedAt: null,
    pending: {},
    crashes: 0,
    errors: 0,
  };
}
