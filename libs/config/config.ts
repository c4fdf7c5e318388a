import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { workQueues } from '#contracts';
import { analysisSettings, missingSpeechSetting, toAnalysisConfig } from './analysis-settings';
import { assumeEmulatorCredentials } from './emulator-credentials';
import { mailVariables, toMailSettings } from './mail-settings';
import { OperatorError } from './operator-error';
import { runningInstallation } from './running';
import { loadOrCreateSessionSecret } from './session-secret';

const wholeNumber = (min: number, max = Number.MAX_SAFE_INTEGER) => z.coerce.number().int().min(min).max(max);
const GIB = 1024 ** 3;
/** The longest time for which an upload's quota reservation is held. */
const DAY_SECONDS = 24 * 3_600;
const DEFAULT_OPS_PORT = 9090;

const common = {
  PORT: wholeNumber(0, 65_535).default(3000),
  OPS_PORT: wholeNumber(0, 65_535).optional(),
  HOST: z.string().min(1).default('127.0.0.1'),
  OPS_HOST: z.string().min(1).default('127.0.0.1'),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .default(null),
  DATA_DIR: z
    .string()
    .min(1)
    .default('.data')
    .transform((path) => resolve(path)),
  TABLE_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{0,64}$/, 'letters, digits and _ . - only')
    .default('snapstream-'),
  TRUST_PROXY: wholeNumber(0, 16).default(0),
  MAX_UPLOAD_BYTES: wholeNumber(1).default(5 * GIB),
  USER_QUOTA_BYTES: wholeNumber(0).nullable().default(null),
  UPLOAD_IDLE_SECONDS: wholeNumber(1, 3_600).default(60),
  UPLOAD_EXPIRY_SECONDS: wholeNumber(1, DAY_SECONDS).default(DAY_SECONDS),
  HEIC: z.enum(['on', 'off']).default('on'),
  CANARY_MINUTES: wholeNumber(0, 1_440).default(0),
  WORKERS: wholeNumber(0, 256).default(cpus().length),
  WORKER_CONCURRENCY: wholeNumber(1, 64).default(1),
  WORKER_QUEUES: z
    .string()
    .default(workQueues.join(','))
    .transform((list) => list.split(',').map((name) => name.trim()))
    .pipe(z.array(z.enum(workQueues)).min(1)),
  ...analysisSettings,
  SESSION_SECRET: z.string().min(32, 'at least 32 characters').optional(),
  SANDBOX: z.enum(['auto', 'required']).default('auto'),
  REDIS_PASSWORD: z.string().optional(),
  S3_BUCKET: z.string().min(3).nullable().default(null),
  DIRECT_UPLOADS: z.enum(['on', 'off']).default('on'),
  S3_EVENTS_QUEUE_URL: z.url().nullable().default(null),
  WEBHOOKS_ALLOW_PRIVATE: z.enum(['true', 'false']).default('false'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  ...mailVariables,
  AWS_ENDPOINT_URL: z.url().optional(),
  AWS_ENDPOINT_URL_DYNAMODB: z.url().optional(),
  AWS_ENDPOINT_URL_S3: z.url().optional(),
};

const redisUrl = z.url({ protocol: /^rediss?$/ });

const localSettings = z.object({
  SNAPSTREAM_MODE: z.literal('local').default('local'),
  REDIS_URL: redisUrl.optional(),
  SNS_TOPIC_ARN: z.string().min(1).nullable().default(null),
  AWS_REGION: z.string().min(1).default('us-east-1'),
  ...common,
});

const awsSettings = z.object({
  SNAPSTREAM_MODE: z.literal('aws'),
  REDIS_URL: redisUrl,
  SNS_TOPIC_ARN: z.string().min(1),
  AWS_REGION: z.string().min(1),
  ...common,
});

type Settings = z.infer<typeof localSettings> | z.infer<typeof awsSettings>;

/** The parsed settings, shared by all processes. Sizes in bytes. */
export type Config = ReturnType<typeof toConfig>;

/**
 * Reads and validates the environment. The only reader of `process.env`.
 * @throws {OperatorError} naming each setting that is invalid or missing.
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const mode = given.SNAPSTREAM_MODE ?? 'local';
  if (mode !== 'local' && mode !== 'aws')
    throw new OperatorError(`SNAPSTREAM_MODE must be "local" or "aws", but it is "${mode}"`);
  const parsed = (mode === 'aws' ? awsSettings : localSettings).safeParse(given);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(
      (issue) =>
        `${issue.path.join('.')}: ${given[String(issue.path[0])] === undefined ? 'is missing' : issue.message}`,
    );
    throw new OperatorError(`Configuration (${mode} mode): ${issues.join('; ')}`);
  }
  const missing = missingSpeechSetting(parsed.data);
  if (missing) throw new OperatorError(`Configuration (${mode} mode): ${missing}: is missing`);
  return toConfig(withRunningInstallation(parsed.data, env));
}

/**
 * Fills in the endpoints of Redis and DynamoDB from the installation that runs on DATA_DIR, so that tools started by
 * hand in local mode connect to it.
 */
function withRunningInstallation(settings: Settings, env: NodeJS.ProcessEnv): Settings {
  const running = settings.SNAPSTREAM_MODE === 'local' ? runningInstallation(settings.DATA_DIR) : null;
  if (!running) return settings;
  const ownEndpoint = settings.AWS_ENDPOINT_URL_DYNAMODB ?? settings.AWS_ENDPOINT_URL;
  const usesRealAws = settings.S3_BUCKET !== null || settings.SNS_TOPIC_ARN !== null; // needs its own credentials
  if (!ownEndpoint && running.dynamodbEndpoint && !usesRealAws) assumeEmulatorCredentials(env);
  return {
    ...settings,
    REDIS_URL: settings.REDIS_URL ?? running.redisUrl ?? undefined,
    AWS_ENDPOINT_URL_DYNAMODB: ownEndpoint ?? running.dynamodbEndpoint ?? undefined,
  } as Settings;
}

function toConfig(settings: Settings) {
  return {
    mode: settings.SNAPSTREAM_MODE,
    port: settings.PORT,
    opsPort: settings.OPS_PORT ?? DEFAULT_OPS_PORT,
    /** A monitor connects to a configured port; the default one is replaced when it is in use. */
    isOpsPortFixed: settings.OPS_PORT !== undefined,
    host: settings.HOST,
    opsHost: settings.OPS_HOST,
    publicUrl: settings.PUBLIC_URL,
    dataDir: settings.DATA_DIR,
    redisUrl: settings.REDIS_URL ? withPassword(settings.REDIS_URL, settings.REDIS_PASSWORD) : null,
    tablePrefix: settings.TABLE_PREFIX,
    trustProxy: settings.TRUST_PROXY,
    maxUploadBytes: settings.MAX_UPLOAD_BYTES,
    canaryMinutes: settings.CANARY_MINUTES,
    userQuotaBytes: settings.USER_QUOTA_BYTES,
    uploadIdleSeconds: settings.UPLOAD_IDLE_SECONDS,
    uploadExpirySeconds: settings.UPLOAD_EXPIRY_SECONDS,
    acceptsHeic: settings.HEIC === 'on',
    workers: settings.WORKERS,
    workerConcurrency: settings.WORKER_CONCURRENCY,
    workerQueues: [...new Set(settings.WORKER_QUEUES)],
    ...toAnalysisConfig(settings),
    /** Whether a worker refuses to start when a restraint of the analysis process is missing. */
    sandbox: settings.SANDBOX,
    s3Bucket: settings.S3_BUCKET,
    /** The origin that browsers send direct uploads to; null where they are unavailable. */
    directUploadOrigin: settings.S3_BUCKET && settings.DIRECT_UPLOADS === 'on' ? s3Origin(settings) : null,
    s3EventsQueueUrl: settings.S3_EVENTS_QUEUE_URL,
    snsTopicArn: settings.SNS_TOPIC_ARN,
    region: settings.AWS_REGION,
    dynamodbEndpoint: settings.AWS_ENDPOINT_URL_DYNAMODB ?? settings.AWS_ENDPOINT_URL ?? null,
    mail: toMailSettings(settings, settings.PUBLIC_URL),
    /** Whether webhooks may lead to private addresses, and without TLS. */
    webhooksAllowPrivate: settings.WEBHOOKS_ALLOW_PRIVATE === 'true',
    logLevel: settings.LOG_LEVEL,
    /**
     * Signs session cookies. Lazy: only services with sessions get it, and local mode creates it on first use.
     * @throws {OperatorError} when it is missing in AWS mode
     */
    sessionSecret: () => settings.SESSION_SECRET ?? defaultSecret(settings),
  } as const;
}

/** Buckets are addressed by path, see `s3ClientConfig`. */
function s3Origin({ AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION: region }: Settings): string {
  const suffix = region.startsWith('cn-') ? '.cn' : '';
  return new URL(AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL ?? `https://s3.${region}.amazonaws.com${suffix}`).origin;
}

function defaultSecret({ SNAPSTREAM_MODE: mode, DATA_DIR: dataDir }: Settings): string {
  if (mode === 'aws') throw new OperatorError('Configuration (aws mode): SESSION_SECRET: is missing');
  return loadOrCreateSessionSecret(dataDir);
}

/**
 * Adds REDIS_PASSWORD to REDIS_URL, since containers get the password as a secret and the URL in plain text.
 * A password in the URL takes precedence.
 */
function withPassword(address: string, password = ''): string {
  const url = new URL(address);
  if (password && !url.password) url.password = encodeURIComponent(password);
  return url.href;
}
