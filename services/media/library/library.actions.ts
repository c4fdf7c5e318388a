import { Injectable, Logger } from '@nestjs/common';
import type { BatchRequest, BatchResponse, Media, UpdateMediaRequest } from '#contracts';
import { MediaAnnouncer, MediaEraser, MediaRepository, QueueEstimator, WordIndex, type MediaKey } from '#media';
import { ProblemError, toProblem } from '#nest';
import { isId } from '#platform';

/** What a user does with media of the library. */
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
  async describe(key: MediaKey, details: UpdateMediaRequest): Promise<Media> {
    const before = (await this.media.get(key)) ?? notFound();
    const described = { ...before, ...withoutUndefined(details) };
    await this.words.add(described);
    const after = (await this.media.updateDetails(key, details)) ?? notFound();
    await this.words.remove(before, after);
    return this.estimator.showOne(after);
  }

  /** @throws {ProblemError} not_found, not_failed */
  async retry(key: MediaKey): Promise<Media> {
    const retried = await this.media.retry(key);
    if (!retried) {
      if (!(await this.media.get(key))) notFound();
      throw new ProblemError('not_failed');
    }
    await this.announcer.announce(retried);
    await this.announcer.wake(retried.item);
    return this.estimator.showOne(retried.item);
  }

  /** Hidden when this resolves, whatever fails after the first step: the sweeper finishes. @throws {ProblemError} not_found */
  async remove(key: MediaKey): Promise<void> {
    const deleted = (await this.media.markDeleted(key)) ?? notFound();
    await this.announcer.announce(deleted);
    try {
      await this.eraser.erase(deleted.item);
    } catch (err) {
      this.logger.warn({ err, mediaId: key.id, msg: 'files of a deleted medium are left for the sweep' });
    }
  }

  /** Each id by itself: what fails for one says so and stops no other. */
  async batch(userId: string, { action, ids }: BatchRequest): Promise<BatchResponse> {
    const items: BatchResponse['items'] = [];
    for (const id of new Set(ids)) {
      try {
        if (!isId(id)) notFound();
        await (action === 'delete' ? this.remove({ userId, id }) : this.retry({ userId, id }));
        items.push({ id, ok: true });
      } catch (error) {
        items.push({ id, ok: false, code: toProblem(error).code });
      }
    }
    return { items };
  }
}

function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

function notFound(): never {
  throw new ProblemError('not_found');
}
