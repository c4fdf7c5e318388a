import { Inject, Injectable, Logger } from '@nestjs/common';
import { storageRoots } from '#media';
import { ProblemError, ScheduledJob } from '#nest';
import { BUCKET_EVENTS, Locks, STORAGE, type BucketEvents, type Storage } from '#platform';
import { Arrivals } from './arrivals';
import { Inbox } from './inbox';

const EVERY_MS = 5 * 60_000;
/** Events usually arrive within seconds, sometimes after a minute or more (S3 user guide, "Event notifications"). */
const EVENT_MS = 2 * 60_000;

/** Finds the objects whose events were lost. */
@Injectable()
export class ArrivalsSweep extends ScheduledJob {
  private readonly log = new Logger(ArrivalsSweep.name);

  constructor(
    @Inject(BUCKET_EVENTS) private readonly events: BucketEvents | null,
    @Inject(STORAGE) private readonly storage: Storage,
    private readonly arrivals: Arrivals,
    private readonly inbox: Inbox,
    locks: Locks,
  ) {
    super(locks, { name: 'sweep:arrivals', everyMs: EVERY_MS, lockMs: 15_000 });
  }

  async sweep(signal?: AbortSignal): Promise<void> {
    if (!this.events) return;
    const before = new Date(Date.now() - EVENT_MS);
    for await (const key of this.waiting(before)) {
      if (signal?.aborted) return;
      await this.arrivals.handle(key).catch((err: unknown) => {
        if (!(err instanceof ProblemError)) throw err;
        this.log.warn({ err, objectKey: key, msg: 'an object in the bucket will be tried again' });
      });
    }
  }

  private async *waiting(before: Date): AsyncGenerator<string> {
    for await (const { key, modifiedAt } of this.storage.list(`${storageRoots.incoming}/`))
      if (modifiedAt < before) yield key;
    yield* this.inbox.waiting(before);
  }
}
