import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { CanaryView } from '#contracts';
import { CANARY_USER, MediaCounters, MediaRepository, MediaTable, type MediaItem, type MediaKey } from '#media';
import { CANARY_RUN_MS, CanaryLog, toProblem } from '#nest';
import { newId } from '#platform';
import { LibraryActions } from '../library/library.actions';
import { UploadService } from '../upload/upload.service';
import { canarySamples, type CanarySample } from './canary-samples';

type Result = NonNullable<CanaryView['last']>['results'][number];

const POLL_MS = 250;
/** The rest of the run is for the deletion. */
const DEADLINE_MS = CANARY_RUN_MS - 30_000;

/** What runs of the canary have left in the tables: media of an interrupted run, and rows beside them. */
@Injectable()
export class CanaryLeftovers {
  constructor(
    private readonly table: MediaTable,
    private readonly counters: MediaCounters,
  ) {}

  async deleteMedia(remove: (key: MediaKey) => Promise<void>): Promise<void> {
    for await (const { userId, id, deletedAt } of this.table.mediaOf(CANARY_USER))
      if (!deletedAt) await remove({ userId, id });
  }

  /** Erases the rows beside the media: the sweep erases those that are deleted. */
  async erase(): Promise<void> {
    await this.table.erasePartitions(CANARY_USER);
    await this.counters.erase(CANARY_USER, true);
  }
}

/**
 * Sends a tiny picture, sound and film through the path of every file: admission, storage, queue, worker and deletion.
 * It finds what no check of a single dependency finds, such as workers that take no jobs. Nothing of it stays.
 */
@Injectable()
export class Canary {
  private readonly logger = new Logger(Canary.name);

  constructor(
    private readonly uploads: UploadService,
    private readonly media: MediaRepository,
    private readonly actions: LibraryActions,
    private readonly leftovers: CanaryLeftovers,
    private readonly log: CanaryLog,
  ) {}

  /** Runs once and records the result. @throws {DependencyUnavailableError} when it cannot be recorded */
  async run(signal?: AbortSignal): Promise<Result[]> {
    await this.log.begin();
    await this.leftovers.deleteMedia((key) => this.remove(key));
    const results = await Promise.all(canarySamples.map((sample) => this.try(sample, signal)));
    await this.leftovers.erase();
    if (signal?.aborted) return results; // the process stops: the next run decides
    await this.log.record(results);
    const failed = results.filter(({ ok }) => !ok);
    if (failed.length > 0) this.logger.error({ failed, msg: 'the canary failed' });
    return results;
  }

  private async try(sample: CanarySample, signal?: AbortSignal): Promise<Result> {
    const key = { userId: CANARY_USER, id: newId() };
    const startedAt = performance.now();
    const problem = await this.process(sample, key, signal).catch((error: unknown) => toProblem(error).code);
    const seconds = Math.round((performance.now() - startedAt) / 10) / 100;
    await this.remove(key);
    return { kind: sample.kind, ok: problem === null, seconds, problem };
  }

  /** @returns what went wrong, or null */
  private async process({ bytes, filename }: CanarySample, key: MediaKey, signal?: AbortSignal) {
    const size = { atLeast: bytes.length, atMost: bytes.length };
    const staged = await this.uploads.receive(key, (stage) =>
      stage({ filename, stream: Readable.from([bytes]), size }),
    );
    const details = { filename, title: null, batchId: null, onDuplicate: 'keep' as const };
    await this.uploads.commitOrDiscard(staged, details);
    const item = await this.waitUntilSettled(key, signal);
    if (!item) return 'timeout';
    if (item.status === 'failed') return item.failure!.code;
    return item.derived?.thumbnail ? null : 'no_thumbnail';
  }

  private async waitUntilSettled(key: MediaKey, signal?: AbortSignal): Promise<MediaItem | null> {
    for (const deadline = Date.now() + DEADLINE_MS; ;) {
      const item = await this.media.get(key);
      if (item?.status === 'completed' || item?.status === 'failed') return item;
      if (Date.now() > deadline || signal?.aborted) return null;
      await sleep(POLL_MS);
    }
  }

  /** Never rejects: the next run deletes what is left. */
  private async remove(key: MediaKey): Promise<void> {
    await this.actions.remove(key).catch(() => {});
  }
}
