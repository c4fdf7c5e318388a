import { workQueues, type WorkQueue } from '#contracts';
import type { JobQueue, QueuePositions } from '#platform';

/** The work ahead of one queue. */
export interface WorkAhead {
  /** How long one worker would need for the waiting jobs and the rest of the active ones. */
  workSeconds: number;
  waiting: number;
  active: number;
  /** Age of the job that waits longest, 0 without one. */
  oldestSeconds: number;
}

/** Assumed duration of a job until enough runs are recorded. */
const ASSUMED_SECONDS: Record<WorkQueue, number> = { image: 2, audio: 10, video: 60, analysis: 10 };
const MIN_RUNS = 4;

/** What the number of workers is to be scaled by: `workSeconds` divided by the seconds that a backlog may take. */
export class Scaling {
  constructor(
    private readonly positions: QueuePositions,
    private readonly queue: JobQueue,
  ) {}

  /** @throws {DependencyUnavailableError} */
  async read(): Promise<{ queues: Record<WorkQueue, WorkAhead> }> {
    const { queues } = await this.positions.snapshot([]);
    const known: Partial<Record<WorkQueue, { runs: number[] }>> = queues; // the runs of analyses are not recorded
    const entries = workQueues.map(async (name) => {
      const [{ waiting, active }, oldestAt] = await Promise.all([
        this.queue.counts(name),
        this.queue.oldestWaitingAt(name),
      ]);
      const seconds = meanOf(known[name]?.runs ?? []) ?? ASSUMED_SECONDS[name];
      const workSeconds = rounded((waiting + active / 2) * seconds); // an active job is half done on average
      const oldestSeconds = oldestAt ? rounded(Math.max(0, Date.now() - oldestAt.getTime()) / 1_000) : 0;
      return [name, { workSeconds, waiting, active, oldestSeconds }] as const;
    });
    return { queues: Object.fromEntries(await Promise.all(entries)) as Record<WorkQueue, WorkAhead> };
  }
}

const meanOf = (runs: readonly number[]) =>
  runs.length < MIN_RUNS ? null : runs.reduce((sum, run) => sum + run, 0) / runs.length;
const rounded = (seconds: number) => Math.round(seconds * 10) / 10;
