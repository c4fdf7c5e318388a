import type { OnModuleDestroy } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { queueNames, type JobQueue, type Outbox } from '#platform';
import type { CanaryLog } from './canary-log';
import { beforeScrape } from './metrics';

/** Cache duration: scrapes come every few seconds from every process, and counting the outbox reads an index. */
const OUTBOX_CACHE_MS = 10_000;

/** Created once per process: the registry is global, and tests create several applications. */
let gauges: ReturnType<typeof makeGauges> | null = null;

const gauge = (name: string, help: string, ...labelNames: string[]) =>
  new Gauge({ name: `snapstream_${name}`, help, labelNames });

function makeGauges() {
  return {
    jobs: gauge('queue_jobs', 'Jobs in the queues', 'queue', 'state'),
    oldestJob: gauge('queue_oldest_waiting_seconds', 'Age of the oldest waiting job, 0 without one', 'queue'),
    unconfirmed: gauge('outbox_unconfirmed_items', 'Items with events that are not delivered yet', 'table'),
    canary: gauge('canary_success', 'Whether the latest run of the canary succeeded; absent before the first', 'kind'),
    canarySeconds: gauge('canary_seconds', 'Seconds from upload to completion in the latest run of the canary', 'kind'),
    oldestEvent: gauge('outbox_oldest_seconds', 'Age of the oldest undelivered event, 0 without one', 'table'),
  };
}

/** Metrics of queues, outbox and canary. The same in every process; absent while Redis or DynamoDB is unavailable. */
export class BacklogMetrics implements OnModuleDestroy {
  private readonly gauges = (gauges ??= makeGauges());
  private readonly stop: () => void;
  private outboxReadAt = 0;

  constructor(
    private readonly queue: JobQueue,
    private readonly outbox: Outbox,
    private readonly canary: CanaryLog,
  ) {
    this.stop = beforeScrape(async () => {
      await Promise.all([
        this.readQueues().catch(() => this.reset('jobs', 'oldestJob')),
        this.readCanary().catch(() => this.reset('canary', 'canarySeconds')),
        this.readOutbox().catch(() => this.reset('unconfirmed', 'oldestEvent')),
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

  private async readCanary(): Promise<void> {
    const { last } = await this.canary.read();
    for (const { kind, ok, seconds } of last?.results ?? []) {
      this.gauges.canary.set({ kind }, ok ? 1 : 0);
      this.gauges.canarySeconds.set({ kind }, seconds);
    }
  }

  private async readOutbox(): Promise<void> {
    if (Date.now() - this.outboxReadAt < OUTBOX_CACHE_MS) return;
    for (const table of ['media', 'users'] as const) {
      const { items, oldestAt } = await this.outbox.unconfirmed(table);
      this.gauges.unconfirmed.set({ table }, items);
      this.gauges.oldestEvent.set({ table }, secondsSince(oldestAt));
    }
    this.outboxReadAt = Date.now();
  }

  private reset(...names: Array<keyof typeof this.gauges>): void {
    for (const name of names) this.gauges[name].reset();
  }
}

const secondsSince = (time: Date | null) => (time ? Math.max(0, (Date.now() - time.getTime()) / 1_000) : 0);
