import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from './config';
import { OperatorError } from './operator-error';

const aws = {
  SNAPSTREAM_MODE: 'aws',
  REDIS_URL: 'redis://redis:6379',
  SESSION_SECRET: 's'.repeat(32),
  SNS_TOPIC_ARN: 'arn:aws:sns:eu-west-1:1:topic',
  AWS_REGION: 'eu-west-1',
};

describe('loadConfig', () => {
  it('requires no settings in local mode', () => {
    expect(loadConfig({})).toMatchObject({
      mode: 'local',
      port: 3000,
      host: '127.0.0.1',
      opsHost: '127.0.0.1',
      publicUrl: null,
      maxUploadBytes: 5 * 1024 ** 3,
      canaryMinutes: 0,
      userQuotaBytes: null,
      acceptsHeic: true,
    });
  });

  it.each(['REDIS_URL', 'SNS_TOPIC_ARN', 'AWS_REGION'])('requires %s in aws mode and names it', (name) => {
    expect(() => loadConfig({ ...aws, [name]: undefined })).toThrow(`${name}: is missing`);
    expect(loadConfig(aws).mode).toBe('aws');
  });

  it('requires SESSION_SECRET in aws mode only of services with sessions', () => {
    const { sessionSecret } = loadConfig({ ...aws, SESSION_SECRET: undefined });
    expect(sessionSecret).toThrow(new OperatorError('Configuration (aws mode): SESSION_SECRET: is missing'));
  });

  it.each([
    [{ PORT: 'abc' }, 'PORT'],
    [{ SNAPSTREAM_MODE: 'cloud' }, 'SNAPSTREAM_MODE'],
    [{ WORKER_QUEUES: 'image,fax' }, 'WORKER_QUEUES'],
    [{ SANDBOX: 'off' }, 'SANDBOX'],
    [{ ANALYSE_LABELS: 'http' }, 'ANALYSE_LABELS'],
    [{ ANALYSE_SPEECH: 'http' }, 'SPEECH_URL: is missing'],
    [{ ANALYSE_SPEECH: 'local' }, 'SPEECH_MODEL_DIR: is missing'],
    [{ ANALYSE_SPEECH: 'aws' }, 'S3_BUCKET: is missing'],
    [{ ANALYSIS_MONTHLY_BUDGET_USD: '-1' }, 'ANALYSIS_MONTHLY_BUDGET_USD'],
    [{ MAX_UPLOAD_BYTES: '0' }, 'MAX_UPLOAD_BYTES'],
    [{ REDIS_URL: 'http://x' }, 'REDIS_URL'],
    [{ HEIC: 'no' }, 'HEIC'],
    [{ PUBLIC_URL: 'media.example.org' }, 'PUBLIC_URL'],
  ])('rejects %j with a one-line message', (env, name) => {
    expect(() => loadConfig(env)).toThrow(OperatorError);
    expect(() => loadConfig(env)).toThrow(new RegExp(`^[^\\n]*${name}[^\\n]*$`));
  });

  it.each([
    ['redis://redis:6379', 'p@ss/word%41 #1', 'p@ss/word%41 #1'],
    ['redis://:own@redis:6379', 'other', 'own'],
    ['redis://user@redis:6379', 'secret', 'secret'],
    ['redis://redis:6379', '', ''],
  ])('connects to %s with REDIS_PASSWORD=%j by the password %j', (REDIS_URL, REDIS_PASSWORD, password) => {
    const url = new URL(loadConfig({ ...aws, REDIS_URL, REDIS_PASSWORD }).redisUrl!);
    expect([url.host, decodeURIComponent(url.password)]).toEqual(['redis:6379', password]);
  });

  it('treats an empty setting as not set', () => {
    expect(loadConfig({ PORT: '' }).port).toBe(3000);
  });

  it('creates the session secret once, with mode 0600', () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'config-'));
    const secret = loadConfig({ DATA_DIR: dataDir }).sessionSecret();
    expect(secret.length).toBeGreaterThanOrEqual(32);
    expect(loadConfig({ DATA_DIR: dataDir }).sessionSecret()).toBe(secret);
    expect(statSync(join(dataDir, 'session-secret')).mode & 0o777).toBe(0o600);
    rmSync(dataDir, { recursive: true });
  });
});
