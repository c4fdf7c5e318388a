import { join } from 'node:path';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Config } from '#config';
import { CONFIG } from '#platform';
import { AnalysisSandbox } from './sandbox';

/** One sandbox per slot. An item that has crashed a worker runs exclusively, so that it affects no other delivery. */
@Injectable()
export class SandboxPool implements BeforeApplicationShutdown {
  private readonly free: AnalysisSandbox[];
  private readonly all: readonly AnalysisSandbox[];
  private readonly waiting: Array<{ slots: number; start: () => void }> = [];

  constructor(@Inject(CONFIG) config: Config) {
    const workDir = join(config.dataDir, 'work');
    this.all = Array.from({ length: config.workerConcurrency }, () => new AnalysisSandbox(workDir));
    this.free = [...this.all];
  }

  /** Runs `work` with a free sandbox; `exclusive`: while no other work runs. */
  async use<T>(exclusive: boolean, work: (sandbox: AnalysisSandbox) => Promise<T>): Promise<T> {
    const slots = exclusive ? this.all.length : 1;
    const acquired = await this.acquire(slots);
    try {
      return await work(acquired[0]!);
    } finally {
      this.free.push(...acquired);
      this.dispatch();
    }
  }

  /** FIFO: exclusive work is not overtaken by work that needs one slot. */
  private async acquire(slots: number): Promise<AnalysisSandbox[]> {
    const acquired = Promise.withResolvers<AnalysisSandbox[]>();
    this.waiting.push({ slots, start: () => acquired.resolve(this.free.splice(0, slots)) });
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
