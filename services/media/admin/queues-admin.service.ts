import { Injectable } from '@nestjs/common';
import type { AdminQueue, QueueName } from '#contracts';
import { AuditLog, ProblemError, type Actor } from '#nest';
import { JobQueue, queueNames, WorkerPresence } from '#platform';

/** The queues as admins see, pause and resume them. */
@Injectable()
export class QueuesAdminService {
  constructor(
    private readonly queue: JobQueue,
    private readonly workers: WorkerPresence,
    private readonly audit: AuditLog,
  ) {}

  list(): Promise<AdminQueue[]> {
    return Promise.all(queueNames.map((name) => this.show(name)));
  }

  /** Returns the number of worker processes that are alive. */
  countWorkers(): Promise<number> {
    return this.workers.count();
  }

  /** @throws {ProblemError} not_found when there is no such queue */
  async setPaused(admin: Actor, given: string, isPaused: boolean): Promise<AdminQueue> {
    const name = queueNames.find((each) => each === given);
    if (!name) throw new ProblemError('not_found');
    const action = isPaused ? 'queue.pause' : 'queue.resume';
    return this.audit.perform(admin, { action, target: { kind: 'queue', id: name, name } }, async () => {
      await (isPaused ? this.queue.pause(name) : this.queue.resume(name));
      return this.show(name);
    });
  }

  private async show(name: QueueName): Promise<AdminQueue> {
    const [counts, oldestAt, paused] = await Promise.all([
      this.queue.counts(name),
      this.queue.oldestWaitingAt(name),
      this.queue.isPaused(name),
    ]);
    const oldestSeconds = oldestAt && Math.max(0, (Date.now() - oldestAt.getTime()) / 1_000);
    return { name, paused, ...counts, oldestSeconds };
  }
}
