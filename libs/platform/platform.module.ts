import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SNSClient } from '@aws-sdk/client-sns';
import {
  Global,
  Inject,
  Logger,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { Redis } from 'ioredis';
import { OperatorError, type Config } from '#config';
import type { Alerts } from './alerts/alerts';
import { AlertsFile } from './alerts/alerts.file';
import { SnsAlerts } from './alerts/alerts.sns';
import { Dynamo } from './dynamodb/dynamo';
import { DependencyUnavailableError } from './errors';
import type { Mailer } from './mail/mail';
import { MailFolder } from './mail/mail.file';
import { SmtpMailer } from './mail/mail.smtp';
import { Outbox } from './outbox';
import { JobQueue } from './queue/job-queue';
import { QueuePositions } from './queue/queue-positions';
import { WorkerPresence } from './queue/worker-presence';
import { LiveFeed } from './redis/live-events';
import { Locks } from './redis/lock';
import { connectRedis } from './redis/redis';
import { connectStorage } from './storage/connect-storage';
import { DiskReserve } from './storage/disk-reserve';
import { bucketProviders } from './storage/s3/bucket-providers';
import { LocalStorage } from './storage/storage.local';
import { diskTusStore, TusStore, s3TusStore } from './storage/tus-store';
import { TempFileReaper } from './temp/temp-file-reaper';

const TABLES_RETRY_MS = 2_000;
const logger = new Logger('Platform');

export const CONFIG = Symbol('Config');
export const STORAGE = Symbol('Storage');
export const ALERTS = Symbol('Alerts');
export const MAILER = Symbol('Mailer');
/** A fail-fast connection for short commands. */
export const REDIS = Symbol('Redis');

/** The adapters of all external dependencies, selected by configuration only. */
@Global()
@Module({})
export class PlatformModule implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly tempFiles: TempFileReaper;

  constructor(
    private readonly dynamo: Dynamo,
    private readonly queue: JobQueue,
    @Inject(REDIS) private readonly redis: Redis,
    @Inject(MAILER) private readonly mailer: Mailer,
    @Inject(CONFIG) { dataDir }: Config,
  ) {
    this.tempFiles = new TempFileReaper([join(dataDir, 'tmp'), join(dataDir, 'work')]);
  }

  static forRoot(config: Config): DynamicModule {
    const redisUrl = requireRedisUrl(config);
    const providers = [
      { provide: CONFIG, useValue: config },
      { provide: Dynamo, useFactory: () => connectDynamo(config) },
      { provide: JobQueue, useFactory: () => new JobQueue(redisUrl, config.tablePrefix) },
      {
        provide: Outbox,
        useFactory: (dynamo: Dynamo, queue: JobQueue) => new Outbox(dynamo, queue),
        inject: [Dynamo, JobQueue],
      },
      { provide: REDIS, useFactory: () => connectRedis(redisUrl, 'command') },
      { provide: LiveFeed, useFactory: (redis: Redis) => new LiveFeed(redis, config.tablePrefix), inject: [REDIS] },
      {
        provide: WorkerPresence,
        useFactory: (redis: Redis) => new WorkerPresence(redis, config.tablePrefix),
        inject: [REDIS],
      },
      { provide: Locks, useFactory: (redis: Redis) => new Locks(redis, config.tablePrefix), inject: [REDIS] },
      {
        provide: QueuePositions,
        useFactory: (redis: Redis) => new QueuePositions(redis, config.tablePrefix),
        inject: [REDIS],
      },
      { provide: DiskReserve, useFactory: () => new DiskReserve(config.dataDir) },
      {
        provide: STORAGE,
        useFactory: (reserve: DiskReserve) => connectStorage(config, reserve),
        inject: [DiskReserve],
      },
      {
        provide: TusStore,
        useFactory: (reserve: DiskReserve) => makeResumableStore(config, reserve),
        inject: [DiskReserve],
      },
      ...bucketProviders(config),
      { provide: ALERTS, useFactory: () => makeAlerts(config) },
      { provide: MAILER, useFactory: () => makeMailer(config) },
    ];
    return { module: PlatformModule, providers, exports: providers.map(({ provide }) => provide) };
  }

  onApplicationBootstrap(): void {
    this.tempFiles.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.tempFiles.stop();
    this.mailer.close();
    await this.queue.close();
    this.redis.disconnect();
    this.dynamo.close();
  }
}

export function requireRedisUrl(config: Config): string {
  if (config.redisUrl) return config.redisUrl;
  throw new OperatorError('REDIS_URL: is missing (only `npm start` runs its own Redis)');
}

/**
 * Connects and creates missing tables. While DynamoDB is unavailable the process starts nevertheless, reports that it
 * is not ready and retries in the background.
 */
async function connectDynamo(config: Config): Promise<Dynamo> {
  const dynamo = Dynamo.connect(config);
  const ready = await tryEnsureTables(dynamo);
  if (!ready) void ensureTablesInBackground(dynamo);
  return dynamo;
}

async function ensureTablesInBackground(dynamo: Dynamo): Promise<void> {
  do await sleep(TABLES_RETRY_MS, undefined, { ref: false });
  while (!dynamo.isClosed && !(await tryEnsureTables(dynamo).catch(logRetry)));
}

/** The process serves requests already, so an unexpected error must not end it. */
function logRetry(err: unknown): false {
  logger.error({ err, msg: 'creating the tables failed; retrying' });
  return false;
}

async function tryEnsureTables(dynamo: Dynamo): Promise<boolean> {
  try {
    await dynamo.ensureTables();
    return true;
  } catch (err) {
    if (!(err instanceof DependencyUnavailableError)) throw err;
    logger.warn({ err, msg: 'the tables are unavailable; retrying' });
    return false;
  }
}

function makeResumableStore(config: Config, reserve: DiskReserve): TusStore {
  const expiryMs = config.uploadExpirySeconds * 1_000;
  if (!config.s3Bucket) return diskTusStore(LocalStorage.objectsDir(config.dataDir), expiryMs, reserve);
  return s3TusStore(
    { bucket: config.s3Bucket, region: config.region, tempDir: join(config.dataDir, 'tmp') },
    expiryMs,
    reserve,
  );
}

function makeAlerts(config: Config): Alerts {
  if (!config.snsTopicArn) return new AlertsFile(join(config.dataDir, 'alerts.ndjson'));
  const client = new SNSClient({
    region: config.region,
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  });
  return new SnsAlerts(config.snsTopicArn, client);
}

function makeMailer({ mail, dataDir }: Config): Mailer {
  const sender = { from: mail.from, ...(mail.dkim && { dkim: mail.dkim }) };
  return mail.url ? new SmtpMailer(mail.url, sender) : new MailFolder(join(dataDir, 'mail'), sender);
}
