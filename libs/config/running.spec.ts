import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from './config';
import { processStart } from './process-start';
import { runningFile, runningInstallation } from './running';

const running = {
  pid: process.pid,
  started: processStart(process.pid),
  redisUrl: 'redis://127.0.0.1:20001',
  dynamodbEndpoint: 'http://127.0.0.1:20002',
  url: 'http://127.0.0.1:3000',
};

describe('runningInstallation', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'running-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));
  const writeRunFile = (text: string) => writeFileSync(runningFile(dataDir), text);

  it('is found by its folder, and provides the endpoints of tools that set none', () => {
    writeRunFile(JSON.stringify(running));
    expect(runningInstallation(dataDir)).toEqual(running);
    expect(loadConfig({ DATA_DIR: dataDir })).toMatchObject({
      redisUrl: running.redisUrl,
      dynamodbEndpoint: running.dynamodbEndpoint,
    });
  });

  it('sets credentials for its emulator, but none where real AWS is used', () => {
    writeRunFile(JSON.stringify(running));
    const env: NodeJS.ProcessEnv = { DATA_DIR: dataDir };
    loadConfig(env);
    expect(env).toMatchObject({ AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' });
    const withBucket: NodeJS.ProcessEnv = { DATA_DIR: dataDir, S3_BUCKET: 'a-bucket' };
    loadConfig(withBucket);
    expect(withBucket).not.toHaveProperty('AWS_ACCESS_KEY_ID');
  });

  it('does not override endpoints that are set', () => {
    writeRunFile(JSON.stringify(running));
    const own = { DATA_DIR: dataDir, REDIS_URL: 'redis://own', AWS_ENDPOINT_URL: 'http://own' };
    expect(loadConfig(own)).toMatchObject({ redisUrl: 'redis://own', dynamodbEndpoint: 'http://own' });
    expect(own).not.toHaveProperty('AWS_ACCESS_KEY_ID');
  });

  it.each([
    ['no run file', null],
    ['a truncated run file', '{"pid": 1'],
    ['the run file of an earlier process with the same pid', JSON.stringify({ ...running, started: 'before' })],
    ['the run file of a process that has ended', JSON.stringify({ ...running, pid: 2 ** 22 + 1 })],
  ])('is null with %s', (_, text) => {
    if (text !== null) writeRunFile(text);
    expect(runningInstallation(dataDir)).toBeNull();
    expect(loadConfig({ DATA_DIR: dataDir })).toMatchObject({ redisUrl: null, dynamodbEndpoint: null });
  });
});
