import { Global, Module } from '@nestjs/common';
import type { Config } from '#config';
import { CONFIG, Dynamo, JobQueue, LiveFeed, Outbox, STORAGE, QueuePositions, type Storage } from '#platform';
import { AnalysisBudget } from './analysis/analysis-budget';
import { AnalysisPreferences } from './analysis/analysis-preferences';
import { AnalysisRepository } from './analysis/analysis.repository';
import { AnalysisResults } from './analysis/analysis.results';
import { MediaAnnouncer } from './media.announcer';
import { MediaEraser } from './media.eraser';
import { MediaProjections } from './media.projections';
import { QueueEstimator } from './queue-estimator';
import { IdempotencyKeys } from './repositories/idempotency-keys';
import { MediaTable } from './repositories/media-table';
import { MediaCounters } from './repositories/media.counters';
import { MediaDirectory } from './repositories/media.directory';
import { MediaLists } from './repositories/media.lists';
import { MediaRecount } from './repositories/media.recount';
import { MediaRepository } from './repositories/media.repository';
import { ReusedUploads } from './repositories/reused-uploads';
import { WordIndex } from './repositories/word-index';
import { StoredFolders } from './stored-folders';

/** What needs the tables alone. */
const repositories = [
  AnalysisRepository,
  MediaLists,
  MediaCounters,
  MediaRecount,
  MediaTable,
  IdempotencyKeys,
  ReusedUploads,
  WordIndex,
];

@Global()
@Module({
  providers: [
    ...repositories.map((type) => ({
      provide: type,
      useFactory: (dynamo: Dynamo) => new type(dynamo),
      inject: [Dynamo],
    })),
    ...[AnalysisPreferences, AnalysisBudget].map((type) => ({
      provide: type,
      useFactory: (dynamo: Dynamo, config: Config) => new type(dynamo, config),
      inject: [Dynamo, CONFIG],
    })),
    {
      provide: MediaRepository,
      useFactory: (dynamo: Dynamo, preferences: AnalysisPreferences) =>
        new MediaRepository(dynamo, (...of) => preferences.automaticFor(...of)),
      inject: [Dynamo, AnalysisPreferences],
    },
    {
      provide: AnalysisResults,
      useFactory: (storage: Storage, index: WordIndex) => new AnalysisResults(storage, index),
      inject: [STORAGE, WordIndex],
    },
    {
      provide: MediaDirectory,
      useFactory: (dynamo: Dynamo, lists: MediaLists) => new MediaDirectory(dynamo, lists),
      inject: [Dynamo, MediaLists],
    },
    {
      provide: MediaProjections,
      useFactory: (counters: MediaCounters, directory: MediaDirectory) => new MediaProjections(counters, directory),
      inject: [MediaCounters, MediaDirectory],
    },
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
    ...repositories,
    MediaDirectory,
    MediaProjections,
    MediaRepository,
    AnalysisPreferences,
    AnalysisBudget,
    AnalysisResults,
    StoredFolders,
    MediaEraser,
    QueueEstimator,
    MediaAnnouncer,
  ],
})
export class MediaModule {}
