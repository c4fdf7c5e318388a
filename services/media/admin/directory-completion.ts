import { Injectable } from '@nestjs/common';
import { MediaDirectory } from '#media';
import { ScheduledJob } from '#nest';
import { Locks } from '#platform';

const SCHEDULE = { name: 'media-directory', everyMs: 60_000, lockMs: 60_000 };
/** Once, unless Redis loses its data: repeating it is harmless. */
const ONCE_MS = 10 * 365 * 86_400_000;

/** Enters media that are older than the list of all media, after an upgrade. */
@Injectable()
export class DirectoryCompletion extends ScheduledJob {
  constructor(
    locks: Locks,
    private readonly directory: MediaDirectory,
  ) {
    super(locks, SCHEDULE);
  }

  sweep(signal?: AbortSignal): Promise<void> {
    return this.locks.oncePer(SCHEDULE.name, ONCE_MS, () => this.directory.complete(signal));
  }
}
