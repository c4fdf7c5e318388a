export { Batches } from './batches';
export { type Alerts } from './alerts/alerts';
export { Consumers, type HandlersOf } from './queue/consumers';
export { connectStorage } from './storage/connect-storage';
export { DiskReserve } from './storage/disk-reserve';
export { Dynamo, type Item, type Key } from './dynamodb/dynamo';
export { collectPage, Directory, type DirectoryPage, type FailingWebhook } from './dynamodb/directory';
export { DependencyUnavailableError, type Dependency } from './errors';
export {
  all,
  any,
  atMost,
  beginsWith,
  below,
  equals,
  exists,
  missing,
  sizeAbove,
  sizeBelow,
  sizeIs,
  type Change,
  type Condition,
} from './dynamodb/expression';
export { rowParser } from './dynamodb/row-parser';
export { writeOrConfirm } from './dynamodb/write-or-confirm';
export { collectWhenIdle } from './idle-memory';
export { deterministicId, isId, leastIdAt, newId } from './ids';
export { ConcurrencyLimiter, KeyedLimiter, LimiterFullError } from './limiter';
export { LiveFeed, LiveSubscriptions, type LiveEvent } from './redis/live-events';
export { LockTimeoutError, Locks, type HeldLock } from './redis/lock';
export { MailRejectedError, type Mail, type Mailer } from './mail/mail';
export { hashLinkToken, linkExpiry, linkToken, mailOrigin, newNonce, parseLinkToken } from './mail/links';
export { MAX_PENDING, Outbox, type OutboxFields, type PendingEvent } from './outbox';
export { JobQueue, queueNames } from './queue/job-queue';
export { connectRedis, withRedis } from './redis/redis';
export { SharedRate } from './redis/shared-rate';
export { retry, retryInBackground, type RetryOptions } from './retry';
export { TusStore } from './storage/tus-store';
export { withSpool, type SpoolPlace } from './temp/spool';
export {
  ObjectMissingError,
  StorageFullError,
  type ByteRange,
  type Storage,
  type StoredObject,
} from './storage/storage';
export { LocalStorage } from './storage/storage.local';
export { BUCKET_EVENTS, INBOX_OBJECTS, PRESIGNED_UPLOADS } from './storage/s3/bucket-providers';
export { type BucketEvents } from './storage/s3/bucket-events';
export { type InboxObject, type InboxObjects } from './storage/s3/inbox-objects';
export { type PresignedUploads, type UploadedPart } from './storage/s3/presigned-uploads';
export { S3Storage } from './storage/s3/storage.s3';
export { keyOf, receiptKey, userIdOf, userKey, shardOf, shards, tables, type TableName } from './dynamodb/tables';
export { ALERTS, CONFIG, MAILER, PlatformModule, REDIS, requireRedisUrl, STORAGE } from './platform.module';
export { openTempFolder } from './temp/temp-folder';
export { QueuePositions, type QueueSnapshot, type SizedWork } from './queue/queue-positions';
export { WorkerPresence } from './queue/worker-presence';
export { WorkerPool, type Work, type WorkHandlers, type WorkResult } from './queue/worker-pool';
export { announceReady, stopWithParent } from './supervisor-ipc';
