import { Inject, Injectable, Logger, Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Config } from '#config';
import type { MediaKind } from '#contracts';
import { MediaModule } from '#media';
import { CONFIG, requireRedisUrl, WorkerPool, WorkerPresence, type Work, type WorkHandlers } from '#platform';
import { Adapters } from './analysers/adapters';
import { AnalysisPrices } from './analysers/analysis-prices';
import { AnalysisRuns } from './analysers/analysis-runs';
import { AnalysisService } from './analysers/analysis.service';
import { Subjects } from './analysers/subjects';
import { DiskSpace } from './disk-space';
import { MediaFiles } from './media-files';
import { ProcessingService } from './processing.service';
import { RestraintCheck, SandboxPool } from './sandbox';
import { DailySweep } from './sweeps/daily.sweep';
import { MediaSweeper } from './sweeps/media.sweep';
import { OrphanFiles } from './sweeps/orphan-files';

/** A provider, not the module: a module is destroyed after its providers, and no job may be started meanwhile. */
@Injectable()
class ProcessingPool implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly pool: WorkerPool;
  private readonly logger = new Logger(ProcessingPool.name);

  constructor(
    processing: ProcessingService,
    analyses: AnalysisService,
    sandboxes: SandboxPool,
    private readonly presence: WorkerPresence,
    @Inject(CONFIG) config: Config,
  ) {
    const processOf =
      (kind: MediaKind): Work<MediaKind> =>
      (payload, shutdown) =>
        processing.process(kind, payload, shutdown);
    const handlers: WorkHandlers = {
      image: processOf('image'),
      audio: processOf('audio'),
      video: processOf('video'),
      analysis: (payload, shutdown) => analyses.process(payload, shutdown),
    };
    this.pool = new WorkerPool(handlers, {
      redisUrl: requireRedisUrl(config),
      tablePrefix: config.tablePrefix,
      queues: config.workerQueues,
      concurrency: config.workerConcurrency,
      mayRunBeside: () => !sandboxes.isExclusive,
      onError: (err, queue) => this.logger.warn({ err, queue, msg: 'a job could not be reported to the queue' }),
    });
  }

  onApplicationBootstrap(): void {
    this.pool.start();
    this.presence.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.presence.stop();
    await this.pool.close();
  }
}

@Module({
  imports: [MediaModule],
  providers: [
    MediaFiles,
    DiskSpace,
    ProcessingService,
    Adapters,
    Subjects,
    AnalysisRuns,
    AnalysisPrices,
    AnalysisService,
    ProcessingPool,
    SandboxPool,
    RestraintCheck,
    MediaSweeper,
    OrphanFiles,
    DailySweep,
  ],
})
export class WorkerModule {}
