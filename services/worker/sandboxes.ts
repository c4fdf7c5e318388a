import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { join } from 'node:path';
import type { Config } from '#config';
import { CONFIG } from '#platform';
import { AnalysisSandbox } from './analysis';

/** One sandbox per slot. An item that took a worker down before runs alone, so that it takes no neighbour with it. */
@Injectable()
export class Sandboxes implements BeforeApplicationShutdown {
  private readonly free: AnalysisSandbox[];
  private readonly all: readonly AnalysisSandbox[];
  private readonly waiting: Array<() => void> = [];

  constructor(@Inject(CONFIG) config: Config) {
    const workDir = join(config.dataDir, 'work');
    this.all = Array.from({ length: config.workerConcurrency }, () => new AnalysisSandbox(workDir));
    this.free = [...this.all];
  }

  async use<T>(alone: boolean, work: (sandbox: AnalysisSandbox) => Promise<T>): Promise<T> {
    const wanted = alone ? this.all.length : 1;
    while (this.free.length < wanted) await new Promise<void>((resolve) => this.waiting.push(resolve));
    const taken = this.free.splice(0, wanted);
    try {
      return await work(taken[0]!);
    } finally {
      this.free.push(...taken);
      for (const wake of this.waiting.splice(0)) wake();
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.all.map((sandbox) => sandbox.close()));
  }
}
