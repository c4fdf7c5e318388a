import { join } from 'node:path';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Config } from '#config';
import { CONFIG } from '#platform';
import { AnalysisSandbox } from './sandbox';

/** One sandbox per slot. An item that took a worker down before runs alone, so that it takes no neighbour with it. */
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

  async use<T>(alone: boolean, work: (sandbox: AnalysisSandbox) => Promise<T>): Promise<T> {
    const wanted = alone ? this.all.length : 1;
    const taken = await this.acquire(wanted);
    try {
      return await work(taken[0]!);
    } finally {
      this.free.push(...taken);
      this.dispatch();
    }
  }

  /** In the order in which they came: who wants to be alone is not passed by those who want less. */
  private async acquire(wanted: number): Promise<AnalysisSandbox[]> {
    const taken = Promise.withResolvers<AnalysisSandbox[]>();
    this.waiting.push({ slots: wanted, start: () => taken.resolve(this.free.splice(0, wanted)) });
    this.dispatch();
    return taken.promise;
  }

  private dispatch(): void {
    while (this.waiting[0] && this.waiting[0].slots <= this.free.length) this.waiting.shift()!.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.all.map((sandbox) => sandbox.close()));
  }
}
