import type { Worker } from 'bullmq';
import type { Redis } from 'ioredis';

/** The jobs of a killed consumer are detected as stalled after the lock duration plus two check intervals. */
export const stalledIntervalMs = 2_000;

/**
 * Delivers the jobs of killed consumers again. BullMQ's own timer runs a script for each queue in every process, also
 * when no job is active: this asks for all queues in one command first. The workers have the option `skipStalledCheck`.
 */
export class StalledJobs {
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly redis: Redis,
    private readonly workers: readonly Worker[],
  ) {
    this.timer = setInterval(() => void this.check().catch(() => {}), stalledIntervalMs);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async check(): Promise<void> {
    if (this.redis.status !== 'ready') return;
    const active = this.workers.map((worker) => worker.toKey('active'));
    if ((await this.redis.exists(...active)) === 0) return;
    // private in the types of BullMQ, which offers it by its timer only
    await Promise.all(this.workers.map((worker) => worker['moveStalledJobsToWait']()));
  }
}
