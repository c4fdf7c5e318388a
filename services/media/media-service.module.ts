import { Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { MediaModule } from '#media';
import { ScalingMetric, serviceConsumers } from '#nest';
import { JobQueue } from '#platform';
import { MediaErasure } from './account/erasure';
import { MediaAdminController } from './admin/media-admin.controller';
import { adminProviders } from './admin/providers';
import { queueBoard } from './admin/queue-board';
import { AnalysisOffers } from './analysis/analysis-offers';
import { AnalysisActions } from './analysis/analysis.actions';
import { AnalysisController } from './analysis/analysis.controller';
import { BytesController } from './bytes/bytes.controller';
import { CaptionsController } from './captions/captions.controller';
import { SpokenText } from './captions/spoken-text';
import { Arrivals } from './direct/arrivals';
import { ArrivalsSweep } from './direct/arrivals.sweep';
import { DirectCreation } from './direct/direct-creation';
import { DirectRecords } from './direct/direct-records';
import { DirectTransfers } from './direct/direct-transfers';
import { DirectUploads } from './direct/direct-uploads';
import { DirectController } from './direct/direct.controller';
import { Inbox } from './direct/inbox';
import { AccountExport } from './export/account-export';
import { ExportController } from './export/export.controller';
import { LibraryExport } from './export/library-export';
import { LibraryActions } from './library/library.actions';
import { LibraryBatch } from './library/library.batch';
import { LibraryController } from './library/library.controller';
import { LibraryReader, LibraryStats } from './library/library.reader';
import { LibrarySearch } from './library/library.search';
import { UploadCompletion } from './tus/completion';
import { ExpiredUploads } from './tus/expired-uploads';
import { FinishedUploads, PartialUploads } from './tus/partial-uploads';
import { RequestStores } from './tus/request-store';
import { TusController } from './tus/tus.controller';
import { TusService } from './tus/tus.service';
import { Idempotency } from './upload/idempotency';
import { QuotaReservation } from './upload/quota';
import { Staging } from './upload/staging';
import { UploadController } from './upload/upload.controller';
import { UploadService } from './upload/upload.service';

const consumers = serviceConsumers<'media', [MediaErasure]>({
  inject: [MediaErasure],
  handlers: (erasure) => ({ eraseMedia: (payload) => erasure.erase(payload) }),
});

@Module({
  imports: [MediaModule],
  controllers: [
    UploadController,
    DirectController,
    TusController,
    ExportController,
    LibraryController,
    AnalysisController,
    CaptionsController,
    BytesController,
    MediaAdminController,
  ],
  providers: [
    UploadService,
    Staging,
    QuotaReservation,
    Idempotency,
    TusService,
    RequestStores,
    UploadCompletion,
    FinishedUploads,
    PartialUploads,
    ExpiredUploads,
    DirectCreation,
    DirectRecords,
    DirectTransfers,
    DirectUploads,
    Inbox,
    Arrivals,
    ArrivalsSweep,
    LibrarySearch,
    LibraryReader,
    LibraryStats,
    LibraryActions,
    LibraryBatch,
    AnalysisOffers,
    AnalysisActions,
    SpokenText,
    LibraryExport,
    AccountExport,
    MediaErasure,
    ...adminProviders,
    ScalingMetric,
    consumers,
  ],
})
export class MediaServiceModule implements NestModule {
  constructor(private readonly queue: JobQueue) {}

  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(queueBoard(this.queue)).forRoutes('/');
  }
}
