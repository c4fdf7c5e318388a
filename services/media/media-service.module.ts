import { Inject, Logger, Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Config } from '#config';
import { MediaModule } from '#media';
import { CONFIG, Consumers, requireRedisUrl, type HandlersOf } from '#platform';
import { MediaErasure } from './account/erasure';
import { BytesController } from './bytes/bytes.controller';
import { LibraryController } from './library/library.controller';
import { LibraryService } from './library/library.service';
import { WordIndex } from './library/word-index';
import { Idempotency } from './upload/idempotency';
import { UploadController } from './upload/upload.controller';
import { UploadService } from './upload/upload.service';

@Module({
  imports: [MediaModule],
  controllers: [UploadController, LibraryController, BytesController],
  providers: [UploadService, Idempotency, LibraryService, WordIndex, MediaErasure],
})
export class MediaServiceModule implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(MediaServiceModule.name);
  private consumers: Consumers<'media'> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly erasure: MediaErasure,
  ) {}

  onApplicationBootstrap(): void {
    const handlers: HandlersOf<'media'> = { eraseMedia: ({ userId }) => this.erasure.erase(userId) };
    this.consumers = new Consumers(handlers, {
      redisUrl: requireRedisUrl(this.config),
      tablePrefix: this.config.tablePrefix,
      concurrency: 2,
      onFailure: (queue, job, err) => this.logger.warn({ err, queue, jobId: job?.id, msg: 'a job broke and is tried again' }),
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.consumers?.close();
  }
}
