import { Module } from '@nestjs/common';
import { MediaModule } from '#media';
import { serviceConsumers } from '#nest';
import { MediaErasure } from './account/erasure';
import { BytesController } from './bytes/bytes.controller';
import { ExportController } from './export/export.controller';
import { LibraryExport } from './export/library-export';
import { LibraryController } from './library/library.controller';
import { LibraryService } from './library/library.service';
import { Idempotency } from './upload/idempotency';
import { ExpiredUploads } from './upload/resumable/expired-uploads';
import { FinishedUploads } from './upload/resumable/finished-uploads';
import { Finisher } from './upload/resumable/finisher';
import { Parts } from './upload/resumable/parts';
import { ResumableController } from './upload/resumable/resumable.controller';
import { ResumableUploads } from './upload/resumable/resumable.service';
import { Room } from './upload/room';
import { Staging } from './upload/staging';
import { UploadController } from './upload/upload.controller';
import { UploadService } from './upload/upload.service';

const consumers = serviceConsumers<'media', [MediaErasure]>({ inject: [MediaErasure], handlers: (erasure) => ({ eraseMedia: (payload) => erasure.erase(payload) }) });

@Module({
  imports: [MediaModule],
  controllers: [UploadController, ResumableController, ExportController, LibraryController, BytesController],
  providers: [UploadService, Staging, Room, Idempotency, ResumableUploads, Finisher, FinishedUploads, Parts, ExpiredUploads, LibraryService, LibraryExport, MediaErasure, consumers],
})
export class MediaServiceModule {}
