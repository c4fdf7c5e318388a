import { Injectable } from '@nestjs/common';
import { ScheduledJob } from '#nest';
import { JobQueue, Locks } from '#platform';
import { DeliveriesRepository } from './deliveries.repository';
import { ownerOf } from './webhook.item';

const SCHEDULE = { name: 'sweep:webhooks', everyMs: 10_000, lockMs: 30_000 };
const EXPIRY_PERIOD_MS = 23 * 3_600_000;

/** Queues the deliveries that are due: retries, and those whose job or process was lost. Deletes expired ones daily. */
@Injectable()
export class WebhooksSweep extends ScheduledJob {
  constructor(
    locks: Locks,
    private readonly deliveries: DeliveriesRepository,
    private readonly queue: JobQueue,
  ) {
    super(locks, SCHEDULE);
  }

  async sweep(signal?: AbortSignal): Promise<void> {
    await this.queueDue(new Date(), signal);
    await this.locks.oncePer(`${SCHEDULE.name}:expired`, EXPIRY_PERIOD_MS, () =>
      this.deliveries.sweepExpired(new Date(), signal),
    );
  }

  /** Queues every delivery that is due at `until`. */
  async queueDue(until: Date, signal?: AbortSignal): Promise<void> {
    for await (const { userId, id } of this.deliveries.due(until)) {
      if (signal?.aborted) return;
      await this.queue.send('webhookDeliveries', { userId: ownerOf(userId), id });
    }
  }
}
