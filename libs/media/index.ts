export { AnalysisBudget, budgetResetsAt } from './analysis/analysis-budget';
export { canAnalyse, costMicros, frameCount, unitsOf } from './analysis/analysis-choices';
export { AnalysisPreferences } from './analysis/analysis-preferences';
export { openAnalyses, startsNextRun, toUsd, type AnalysedEvent } from './analysis/analysis.entry';
export type { AnalysisEnding } from './analysis/analysis.events';
export { AnalysisRepository, type ClaimedAnalysis } from './analysis/analysis.repository';
export { CANARY_USER, isCanary } from './canary';
export { AnalysisResults, resultName } from './analysis/analysis.results';
export { MediaAnnouncer } from './media.announcer';
export { MediaCounters, QUOTA_ROW, RESERVATION_MS } from './repositories/media.counters';
export { MediaProjections } from './media.projections';
export { mediaEvent, toAlert } from './media.events';
export { listKeys, parseMediaItem, toMedia, type MediaEvent, type MediaItem, type MediaKey } from './media.item';
export { IdempotencyKeys, type IdempotencyRow, type IdempotencyRowKey } from './repositories/idempotency-keys';
export { MediaTable } from './repositories/media-table';
export { ReusedUploads } from './repositories/reused-uploads';
export {
  derivedFolder,
  incomingFolder,
  mediaRoots,
  originalFolder,
  originalKey,
  ownerFolder,
  sidecarKey,
  storageRoots,
  unfinishedFolder,
  type MediaRoot,
} from './storage-layout';
export { MediaEraser } from './media.eraser';
export { MediaModule } from './media.module';
export { QueueEstimator } from './queue-estimator';
export { sidecarOf, uploadedItem, type Sidecar } from './media.sidecar';
export { MediaDirectory } from './repositories/media.directory';
export { MediaLists } from './repositories/media.lists';
export { MediaRepository } from './repositories/media.repository';
export { hasExhaustedRetries, type Ending } from './media.moves';
export { MediaRecount, type Drift } from './repositories/media.recount';
export { foldersNamedBy, isComplete, StoredFolders, type StoredFolder } from './stored-folders';
export { parsePartitionKey } from './partitions';
export { foreignFormatName, sniff } from './sniff';
export { WordIndex } from './repositories/word-index';
export { matchesOf, parseQuery, type SearchQuery } from './search/matches';
export type { SearchIndex } from './search/search-index';
export { FLAGGED_MARK, labelMark, labelParts, namedParts, type SearchSource } from './search/search-text';
