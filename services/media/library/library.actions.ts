import { Injectable, Logger } from '@nestjs/common';
import type { Media, UpdateMediaRequest } from '#contracts';
import {
  hasExhaustedRetries,
  MediaAnnouncer,
  MediaEraser,
  MediaRepository,
  QueueEstimator,
  WordIndex,
  type MediaKey,
} from '#media';
import { ProblemError } from '#nest';

/** The actions of a user on media of the library. */
@Injectable()
export class LibraryActions {
  private readonly logger = new Logger(LibraryActions.name);

  constructor(
    private readonly media: MediaRepository,
    private readonly words: WordIndex,
    private readonly eraser: MediaEraser,
    private readonly estimator: QueueEstimator,
    private readonly announcer: MediaAnnouncer,
  ) {}

  /** @throws {ProblemError} not_found */
  async update(key: MediaKey, details: UpdateMediaRequest): Promise<Media> {
    const before = (await this.media.get(key)) ?? notFound();
    await this.words.add({ ...before, ...withoutUndefined(details) });
    const after = (await this.media.updateDetails(key, details)) ?? notFound();
    await this.words.remove(before, after);
    return this.announcer.pushDetails(after);
  }

  /** @throws {ProblemError} not_found, not_failed, retries_exhausted */
  async retry(key: MediaKey): Promise<Media> {
    const retried = await this.media.retry(key);
    if (!retried) {
      const item = (await this.media.get(key)) ?? notFound();
      throw new ProblemError(
        item.status === 'failed' && hasExhaustedRetries(item) ? 'retries_exhausted' : 'not_failed',
      );
    }
    await this.announcer.announce(retried);
    await this.announcer.wake(retried.item);
    return this.estimator.showOne(retried.item);
  }

  /**
   * Resolves when the medium is marked as deleted. The sweep erases files that could not be erased here.
   * @throws {ProblemError} not_found
   */
  async remove(key: MediaKey): Promise<void> {
    const deleted = (await this.media.markDeleted(key)) ?? notFound();
    await this.announcer.announce(deleted);
    try {
      await this.eraser.erase(deleted.item);
    } catch (err) {
      this.logger.warn({ err, mediaId: key.id, msg: 'files of a deleted medium are left for the sweep' });
    }
  }
}

function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

function notFound(): never {
  throw new ProblemError('not_found');
}
