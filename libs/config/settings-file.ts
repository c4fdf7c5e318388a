import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { loadConfig, type Config } from './config';
import { OperatorError } from './operator-error';

/** How the clients of the SDK reach and access one installation, where that differs from the process's own settings. */
export interface AwsAccess {
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  profile?: string;
  /** Endpoint of S3. That of DynamoDB is part of the configuration. */
  s3Endpoint?: string;
}

/** The settings of an installation that is not that of this process. */
export interface NamedInstallation {
  config: Config;
  access: AwsAccess;
  /** Where its tables and files are, the same in each process: the emulator of a folder has another port each time. */
  places: { tables: string; files: string };
}

/**
 * Reads the settings of an installation from its environment file, `path` or `path.env`. The settings of the process
 * itself do not apply, except those whose names begin with `prefix`, which override the file: the runner of tools names
 * the stores by them that it has started. Without credentials or a profile in the file the SDK finds its own.
 * @throws {OperatorError} when the file cannot be read, or a setting is invalid or missing
 */
export function loadSettingsFile(path: string, prefix: string, processEnv = process.env): NamedInstallation {
  const file = readEnvFile(path);
  const env: NodeJS.ProcessEnv = { ...file, ...withPrefix(processEnv, prefix) };
  const config = loadConfig(env); // adds the credentials of a running emulator to env
  const endpoint = env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL;
  return {
    config,
    access: {
      ...credentialsOf(env),
      ...(env.AWS_PROFILE && { profile: env.AWS_PROFILE }),
      ...(endpoint && { s3Endpoint: endpoint }),
    },
    places: placesOf(config, file, endpoint),
  };
}

function placesOf(config: Config, file: NodeJS.Dict<string>, s3Endpoint = ''): NamedInstallation['places'] {
  const { mode, region, dataDir, tablePrefix, s3Bucket } = config;
  const account = [region, file.AWS_PROFILE].filter(Boolean).join(' ');
  const stores = file.AWS_ENDPOINT_URL_DYNAMODB || file.AWS_ENDPOINT_URL || (mode === 'local' ? dataDir : account);
  return {
    tables: `${tablePrefix}* at ${stores}`,
    files: s3Bucket ? `bucket ${s3Bucket} at ${s3Endpoint || account}` : dataDir,
  };
}

function credentialsOf(env: NodeJS.ProcessEnv): Pick<AwsAccess, 'credentials'> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = env;
  if (!accessKeyId || !secretAccessKey) return {};
  return {
    credentials: { accessKeyId, secretAccessKey, ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }) },
  };
}

function readEnvFile(path: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(existsSync(path) ? path : `${path}.env`, 'utf8'));
  } catch (error) {
    throw new OperatorError(`Cannot read the settings of an installation from ${path}: ${(error as Error).message}`);
  }
}

function withPrefix(env: NodeJS.ProcessEnv, prefix: string): NodeJS.ProcessEnv {
  const own = Object.entries(env).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]));
}
