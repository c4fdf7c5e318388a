import { execFile, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runningInstallation } from '#config';
import type { Media, MediaList } from '#contracts';
import { ApiClient, eventually, makeJpeg, newAccount, withoutAnalyses } from '#testing';

const local = join(__dirname, '..', '..', 'dist', 'deploy', 'local');
const doctorScript = join(__dirname, '..', '..', 'dist', 'services', 'doctor', 'main.js');

interface Outcome {
  code: number;
  output: string;
}

const library = async (api: ApiClient) => (await api.expect<MediaList>(200, 'GET', '/api/media')).items;
const succeeded = ({ code }: Outcome) => code === 0;

/** The commands of package.json, on whole installations: supervisor, stores, API, a worker. */
describe('the tools of an operator', () => {
  const account = newAccount();
  let dir: string;
  let supervisor: ChildProcess | null = null;
  let picture: Uint8Array<ArrayBuffer>;
  let media: Media;

  const env = (dataDir: string) => ({
    PATH: process.env.PATH,
    DATA_DIR: join(dir, dataDir),
    WORKERS: '1',
    PORT: '0',
    OPS_PORT: '0',
    ...withoutAnalyses,
  });

  async function start(dataDir: string): Promise<ApiClient> {
    supervisor = fork(join(local, 'supervisor.js'), { env: env(dataDir), stdio: 'ignore' });
    const { url } = (await eventually(
      () => Promise.resolve(runningInstallation(join(dir, dataDir))),
      Boolean,
      30_000,
    ))!;
    return new ApiClient(url);
  }

  async function stop(): Promise<void> {
    if (!supervisor) return;
    const exit = once(supervisor, 'exit');
    supervisor.kill('SIGTERM');
    await exit;
    supervisor = null;
  }

  async function run(dataDir: string, ...args: string[]): Promise<Outcome> {
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [join(local, 'tool.js'), doctorScript, ...args],
        { env: env(dataDir) },
        (error, stdout, stderr) => resolve({ code: (error?.code as number | undefined) ?? 0, output: stdout + stderr }),
      );
    });
  }

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'operator-'));
    picture = new Uint8Array(await makeJpeg());
    const api = await start('first');
    await api.register(account);
    media = await api.waitUntilSettled((await api.upload(picture, { filename: 'picture.jpg', title: 'Mine' })).id);
  }, 120_000);
  afterEach(stop);
  afterAll(async () => {
    await rm(dir, { recursive: true, force: true });
  });

  it('find no problems, and make a backup, while the product runs', async () => {
    expect((await eventually(() => run('first', 'doctor'), succeeded, 60_000)).output).toContain('No problems found');
    expect(await run('first', 'backup', join(dir, 'copy'))).toMatchObject({
      code: 0,
      output: expect.stringContaining('4 files of'),
    });
    expect(await run('first', 'backup', join(dir, 'copy'))).toMatchObject({
      code: 1,
      output: expect.stringContaining('is not empty'),
    });
    expect(await run('first', 'restore', join(dir, 'copy'))).toMatchObject({
      code: 1,
      output: expect.stringContaining('is not empty'),
    });
    expect(await run('first', 'repair')).toMatchObject({ code: 1, output: expect.stringContaining('Usage:') });
  }, 120_000);

  it('restore the backup into an empty installation that is stopped', async () => {
    expect(await run('second', 'restore', join(dir, 'copy'))).toMatchObject({ code: 0 });
    expect(await run('second', 'doctor')).toMatchObject({ code: 0 });
    const api = await start('second');
    await api.login(account);
    expect((await library(api)).map(({ id, title, status }) => ({ id, title, status }))).toEqual([
      { id: media.id, title: 'Mine', status: 'completed' },
    ]);
    for (const path of ['original', 'thumbnail', 'preview'])
      expect((await api.fetch('GET', `/api/media/${media.id}/${path}`)).status).toBe(200);
    expect(
      Buffer.from(await (await api.fetch('GET', `/api/media/${media.id}/original`)).arrayBuffer()).equals(
        Buffer.from(picture),
      ),
    ).toBe(true);
    expect(await api.expect(200, 'GET', '/api/media/stats')).toMatchObject({
      total: 1,
      completed: 1,
      originalBytes: picture.length,
    });
  }, 120_000);

  it('move a stopped installation into a new folder', async () => {
    const [from, to] = [join(dir, 'from.env'), join(dir, 'to.env')];
    await writeFile(from, `DATA_DIR=${join(dir, 'second')}\n`);
    await writeFile(to, `DATA_DIR=${join(dir, 'third')}\nTABLE_PREFIX=moved-\n`);
    const sides = ['--from', from, '--to', to];
    expect(await run('none', 'move', ...sides)).toMatchObject({
      code: 0,
      output: expect.stringMatching(/Copied: 4 of 4 files(.|\n)*The move is complete/),
    });
    expect(await run('none', 'move', ...sides)).toMatchObject({
      code: 1,
      output: 'The table moved-users is not empty: move into an empty installation, or restore a backup.\n',
    });
  }, 120_000);

  it('detect lost tables, rebuild the media from their files, and name what cannot be rebuilt', async () => {
    await rename(join(dir, 'second', 'dynamodb'), join(dir, 'lost'));
    const report = await run('second', 'doctor');
    expect(report).toMatchObject({ code: 1, output: expect.stringContaining(`medium ${media.id}`) });
    expect(await run('second', 'doctor', 'rebuild')).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^1 media were rebuilt(.|\n)*users table was lost/),
    });
    expect((await run('second', 'doctor')).output).toContain('Accounts cannot be rebuilt from files');
    await start('second');
    const findings = async () => (await run('second', 'doctor')).output;
    const again = await eventually(
      findings,
      (output) => !output.includes('not confirmed') && output.includes('1 problem found'),
      90_000,
    ); // processed, with a notification
    expect(again).toContain('Accounts cannot be rebuilt from files');
  }, 150_000);
});
