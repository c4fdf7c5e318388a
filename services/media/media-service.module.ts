import { Module } from '@nestjs/common';
import { MediaModule } from '#media';
import { serviceConsumers } from '#nest';
import { MediaErasure } from './account/erasure';
import { BytesController } from './bytes/bytes.controller';
import { LibraryController } from './library/library.controller';
import { LibraryService } from './library/library.service';
import { Idempotency } from './upload/idempotency';
import { UploadController } from './upload/upload.controller';
import { UploadService } from './upload/upload.service';

const consumers = serviceConsumers<'media', [MediaErasure]>({ inject: [MediaErasure], handlers: (erasure) => ({ eraseMedia: ({ userId }) => erasure.erase(userId) }) });

@Module({
  imports: [MediaModule],
  controllers: [UploadController, LibraryController, BytesController],
  providers: [UploadService, Idempotency, LibraryService, MediaErasure, consumers],
})
export class MediaServiceModule {}
