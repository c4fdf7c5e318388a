import type { OnModuleDestroy } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { queueNames, type JobQueue, type Outbox } from '#platform';
import { beforeScrape } from './metrics';

/** Scrapes come every few seconds, from every process: counting the outbox reads an index each time. */
const OUTBOX_KEPT_MS = 10_000;

/** One registry for the process, whatever applications come and go in it. */
let gauges: ReturnType<typeof makeGauges> | null = null;

const gauge = (name: string, help: string, ...labelNames: string[]) =>
  new Gauge({ name: `snapstream_${name}`, help, labelNames });

function makeGauges() {
  return {
    jobs: gauge('queue_jobs', 'Jobs in the queues', 'queue', 'state'),
    oldestJob: gauge(
      'queue_oldest_waiting_seconds',
      'Age of the job that has waited longest, 0 where none waits',
      'queue',
    ),
    unconfirmed: gauge('outbox_unconfirmed_items', 'Items with events that are not delivered yet', 'table'),
    oldestEvent: gauge(
      'outbox_oldest_seconds',
      'Age of the event that has waited longest for its delivery, 0 where none waits',
      'table',
    ),
  };
}

/** What is still to be done. The same in every process; absent while nobody can be asked. */
export class BacklogMetrics implements OnModuleDestroy {
  private readonly gauges = (gauges ??= makeGauges());
  private readonly stop: () => void;
  private outboxReadAt = 0;

  constructor(
    private readonly queue: JobQueue,
    private readonly outbox: Outbox,
  ) {
    this.stop = beforeScrape(async () => {
      await Promise.all([
        this.readQueues().catch(() => this.forget('jobs', 'oldestJob')),
        this.readOutbox().catch(() => this.forget('unconfirmed', 'oldestEvent')),
      ]);
    });
  }

  onModuleDestroy(): void {
    this.stop();
  }

  private async readQueues(): Promise<void> {
    for (const queue of queueNames) {
      const [counts, oldestAt] = await Promise.all([this.queue.counts(queue), this.queue.oldestWaitingAt(queue)]);
      for (const [state, count] of Object.entries(counts)) this.gauges.jobs.set({ queue, state }, count as number);
      this.gauges.oldestJob.set({ queue }, secondsSince(oldestAt));
    }
  }

  private async readOutbox(): Promise<void> {
    if (Date.now() - this.outboxReadAt < OUTBOX_KEPT_MS) return;
    for (const table of ['media', 'users'] as const) {
      const { items, oldestAt } = await this.outbox.unconfirmed(table);
      this.gauges.unconfirmed.set({ table }, items);
      this.gauges.oldestEvent.set({ table }, secondsSince(oldestAt));
    }
    this.outboxReadAt = Date.now();
  }

  private forget(...names: Array<keyof typeof this.gauges>): void {
    for (const name of names) this.gauges[name].reset();
  }
}

const secondsSince = (time: Date | null) => (time ? Math.max(0, (Date.now() - time.getTime()) / 1_000) : 0);
