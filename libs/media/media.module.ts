import { Global, Module } from '@nestjs/common';
import { Dynamo, JobQueue, LiveFeed, Outbox, STORAGE, QueuePositions, type Storage } from '#platform';
import { MediaAnnouncer } from './media.announcer';
import { MediaCounters } from './repositories/media.counters';
import { MediaEraser } from './media.eraser';
import { MediaLists } from './repositories/media.lists';
import { MediaRecount } from './repositories/media.recount';
import { MediaRepository } from './repositories/media.repository';
import { QueueEstimator } from './queue-estimator';
import { StoredFolders } from './stored-folders';
import { WordIndex } from './repositories/word-index';

@Global()
@Module({
  providers: [
    { provide: MediaRepository, useFactory: (dynamo: Dynamo) => new MediaRepository(dynamo), inject: [Dynamo] },
    { provide: MediaLists, useFactory: (dynamo: Dynamo) => new MediaLists(dynamo), inject: [Dynamo] },
    { provide: MediaCounters, useFactory: (dynamo: Dynamo) => new MediaCounters(dynamo), inject: [Dynamo] },
    { provide: WordIndex, useFactory: (dynamo: Dynamo) => new WordIndex(dynamo), inject: [Dynamo] },
    { provide: MediaRecount, useFactory: (dynamo: Dynamo) => new MediaRecount(dynamo), inject: [Dynamo] },
    {
      provide: StoredFolders,
      useFactory: (storage: Storage, dynamo: Dynamo) => new StoredFolders(storage, dynamo),
      inject: [STORAGE, Dynamo],
    },
    {
      provide: MediaEraser,
      useFactory: (storage: Storage, words: WordIndex, media: MediaRepository) =>
        new MediaEraser(storage, words, media),
      inject: [STORAGE, WordIndex, MediaRepository],
    },
    {
      provide: QueueEstimator,
      useFactory: (positions: QueuePositions) => new QueueEstimator(positions),
      inject: [QueuePositions],
    },
    {
      provide: MediaAnnouncer,
      useFactory: (outbox: Outbox, live: LiveFeed, estimator: QueueEstimator, queue: JobQueue) =>
        new MediaAnnouncer(outbox, live, estimator, queue),
      inject: [Outbox, LiveFeed, QueueEstimator, JobQueue],
    },
  ],
  exports: [
    MediaRepository,
    MediaLists,
    MediaCounters,
    MediaRecount,
    StoredFolders,
    WordIndex,
    MediaEraser,
    QueueEstimator,
    MediaAnnouncer,
  ],
})
export class MediaModule {}
