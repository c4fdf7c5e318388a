export { alertAttributes, type Alerts } from './alerts/alerts';
export { AlertsFile } from './alerts/alerts.file';
export { SnsAlerts } from './alerts/alerts.sns';
export { Consumers, type Handler, type HandlersOf } from './queue/consumers';
export { DiskReserve } from './storage/disk-reserve';
export { Dynamo, type Item, type Key, type Query } from './dynamodb/dynamo';
export { DependencyUnavailableError, type Dependency } from './errors';
export {
  above,
  all,
  any,
  atMost,
  beginsWith,
  below,
  between,
  differs,
  equals,
  exists,
  missing,
  sizeBelow,
  sizeIs,
  type Change,
  type Condition,
  type Path,
} from './dynamodb/expression';
export { deterministicId, isId, leastIdAt, newId } from './ids';
export { ConcurrencyLimiter } from './limiter';
export { LiveFeed, LiveSubscriptions, type LiveEvent } from './redis/live-events';
export { LockTimeoutError, Locks, type HeldLock } from './redis/lock';
export { MAX_PENDING, Outbox, type OutboxFields, type PendingEvent } from './outbox';
export { JobQueue, queueNames, type FailedJob, type QueueCounts } from './queue/job-queue';
export { connectRedis, withRedis } from './redis/redis';
export { retryFor } from './retry';
export { TusStore } from './storage/tus-store';
export { withSpool, type SpoolPlace } from './temp/spool';
export {
  ObjectMissingError,
  StorageFullError,
  type ByteRange,
  type Storage,
  type StoredObject,
  type WriteOptions,
} from './storage/storage';
export { LocalStorage } from './storage/storage.local';
export { S3Storage } from './storage/s3/storage.s3';
export { shardOf, shards, tables, type TableName } from './dynamodb/tables';
export { ALERTS, CONFIG, PlatformModule, REDIS, requireRedisUrl, STORAGE } from './platform.module';
export { openTempFolder, type TempFolder } from './temp/temp-folder';
export { QueuePositions, type QueueSnapshot, type SizedWork } from './queue/queue-positions';
export { WorkerPool, type Work, type WorkHandlers, type WorkResult } from './queue/worker-pool';
export { announceReady, stopWithParent, type Ready } from './supervisor-ipc';
