import type { MediaEvent } from './media.item';
import type { MediaCounters } from './repositories/media.counters';
import type { MediaDirectory } from './repositories/media.directory';

/** What is derived from the events of media: the counts of their owner, and the lists over all accounts. */
export class MediaProjections {
  constructor(
    private readonly counters: MediaCounters,
    private readonly directory: MediaDirectory,
  ) {}

  /** Idempotent: an event may be delivered any number of times. */
  async apply(event: MediaEvent): Promise<void> {
    await Promise.all([this.counters.apply(event), this.directory.apply(event)]);
  }
}
