import { Inject, Module, type DynamicModule, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import type { Config } from '#config';
import { MediaModule } from '#media';
import { CONFIG, PlatformModule, requireRedisUrl, WorkPool, type WorkHandlers } from '#platform';
import { DerivedFiles } from './derived-files';
import { ProcessingService } from './processing.service';
import { Sandboxes } from './sandboxes';
import { MediaSweeper } from './sweeper';

@Module({})
export class WorkerModule implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly pool: WorkPool;

  constructor(processing: ProcessingService, @Inject(CONFIG) config: Config, logger: PinoLogger) {
    const process: WorkHandlers['image'] = (payload, shutdown) => processing.process(payload, shutdown);
    const handlers: WorkHandlers = { image: process, audio: process, video: process };
    this.pool = new WorkPool(handlers, {
      redisUrl: requireRedisUrl(config),
      tablePrefix: config.tablePrefix,
      queues: config.workerQueues,
      concurrency: config.workerConcurrency,
      onError: (err, queue) => logger.warn({ err, queue }, 'a job could not be reported to the queue'),
    });
  }

  static forRoot(config: Config): DynamicModule {
    return {
      module: WorkerModule,
      imports: [PlatformModule.forRoot(config), MediaModule],
      providers: [DerivedFiles, ProcessingService, Sandboxes, MediaSweeper],
    };
  }

  onApplicationBootstrap(): void {
    this.pool.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.close();
  }
}
