import { join } from 'node:path';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Config } from '#config';
import { CONFIG } from '#platform';
import { AnalysisSandbox } from './sandbox';

/**
 * One sandbox per slot, and one for a picture beside them. An item that has crashed a worker runs exclusively, so that
 * it affects no other delivery.
 */
@Injectable()
export class SandboxPool implements BeforeApplicationShutdown {
  private readonly free: AnalysisSandbox[];
  private readonly all: readonly AnalysisSandbox[];
  private readonly waiting: Array<{ slots: number; start: () => void }> = [];
  private exclusive = 0;

  constructor(@Inject(CONFIG) config: Config) {
    const workDir = join(config.dataDir, 'work');
    this.all = Array.from({ length: config.workerConcurrency + 1 }, () => new AnalysisSandbox(workDir));
    this.free = [...this.all];
  }

  /** Whether exclusive work runs or waits. */
  get isExclusive(): boolean {
    return this.exclusive > 0;
  }

  /** Runs `work` with a free sandbox; `exclusive`: while no other work runs. */
  async use<T>(exclusive: boolean, work: (sandbox: AnalysisSandbox) => Promise<T>): Promise<T> {
    const slots = exclusive ? this.all.length : 1;
    if (exclusive) this.exclusive += 1;
    const acquired = await this.acquire(slots);
    try {
      return await work(acquired.at(-1)!);
    } finally {
      if (exclusive) this.exclusive -= 1;
      this.free.push(...acquired);
      this.dispatch();
    }
  }

  /**
   * FIFO: exclusive work is not overtaken by work that needs one slot. Acquires the sandboxes that were released last:
   * the others need not start a process.
   */
  private async acquire(slots: number): Promise<AnalysisSandbox[]> {
    const acquired = Promise.withResolvers<AnalysisSandbox[]>();
    this.waiting.push({ slots, start: () => acquired.resolve(this.free.splice(-slots)) });
    this.dispatch();
    return acquired.promise;
  }

  private dispatch(): void {
    while (this.waiting[0] && this.waiting[0].slots <= this.free.length) this.waiting.shift()!.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.all.map((sandbox) => sandbox.close()));
  }
}
