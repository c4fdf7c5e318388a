import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from './config';
import { processStart } from './process-start';
import { runningFile, runningInstallation } from './running';

const alive = {
  pid: process.pid,
  started: processStart(process.pid),
  redisUrl: 'redis://127.0.0.1:20001',
  dynamodbEndpoint: 'http://127.0.0.1:20002',
  url: 'http://127.0.0.1:3000',
};

describe('an installation that runs', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'running-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));
  const note = (text: string) => writeFileSync(runningFile(dataDir), text);

  it('is found by its folder, and joined by tools that set no addresses', () => {
    note(JSON.stringify(alive));
    expect(runningInstallation(dataDir)).toEqual(alive);
    expect(loadConfig({ DATA_DIR: dataDir })).toMatchObject({
      redisUrl: alive.redisUrl,
      dynamodbEndpoint: alive.dynamodbEndpoint,
    });
  });

  it('lends the credentials that its emulator asks for, and never its own to real AWS', () => {
    note(JSON.stringify(alive));
    const env: NodeJS.ProcessEnv = { DATA_DIR: dataDir };
    loadConfig(env);
    expect(env).toMatchObject({ AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' });
    const withBucket: NodeJS.ProcessEnv = { DATA_DIR: dataDir, S3_BUCKET: 'a-bucket' };
    loadConfig(withBucket);
    expect(withBucket).not.toHaveProperty('AWS_ACCESS_KEY_ID');
  });

  it('gives way to addresses that are set', () => {
    note(JSON.stringify(alive));
    const own = { DATA_DIR: dataDir, REDIS_URL: 'redis://own', AWS_ENDPOINT_URL: 'http://own' };
    expect(loadConfig(own)).toMatchObject({ redisUrl: 'redis://own', dynamodbEndpoint: 'http://own' });
    expect(own).not.toHaveProperty('AWS_ACCESS_KEY_ID');
  });

  it.each([
    ['no note', null],
    ['half a note', '{"pid": 1'],
    ['the note of another process that had the pid', JSON.stringify({ ...alive, started: 'before' })],
    ['the note of a process that is gone', JSON.stringify({ ...alive, pid: 2 ** 22 + 1 })],
  ])('is not there with %s', (_, text) => {
    if (text !== null) note(text);
    expect(runningInstallation(dataDir)).toBeNull();
    expect(loadConfig({ DATA_DIR: dataDir })).toMatchObject({ redisUrl: null, dynamodbEndpoint: null });
  });
});
