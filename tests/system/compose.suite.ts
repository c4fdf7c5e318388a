import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import type { Media, NotificationList } from '#contracts';
import { eventually, makeJpeg, deployments, type ApiClient, type Stack } from '#testing';

const run = promisify(execFile);
const [program = '', ...subcommand] = (process.env.COMPOSE ?? 'docker-compose').split(' ');
const compose = (...args: string[]) => run(program, [...subcommand, ...args]);
const scaleTo = (workers: number) =>
  compose('up', '-d', '--no-deps', '--no-recreate', '--scale', `worker-image=${workers}`, 'worker-image');

/** Runs a script in the container of a service. Returns its output. */
const inside = async (service: string, script: string) =>
  (await compose('exec', '-T', service, 'node', '-e', script)).stdout.trim();

/** Follows the logs of the image workers: which one (by the host name of its container) processed which medium. */
function watchWorkers() {
  const ended: Array<{ worker: string; mediaId: string }> = [];
  const logs = spawn(program, [...subcommand, 'logs', '--follow', '--no-color', 'worker-image'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let rest = '';
  logs.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines.filter((each) => each.includes('"media processed"'))) {
      const { hostname, mediaId } = JSON.parse(line.slice(line.indexOf('{'))) as { hostname: string; mediaId: string };
      ended.push({ worker: hostname, mediaId });
    }
  });
  return { ended, stop: () => logs.kill() };
}

async function uploadMany(api: ApiClient, count: number): Promise<string[]> {
  const picture = new Uint8Array(await makeJpeg({ width: 3_000, height: 2_000 }));
  const ids: string[] = [];
  for (let from = 0; from < count; from += 10) {
    const batch = await Promise.all(
      Array.from({ length: Math.min(10, count - from) }, (_, index) =>
        api.upload(picture, { filename: `${from + index}.jpg` }),
      ),
    );
    ids.push(...batch.map(({ id }) => id));
  }
  return ids;
}

const statuses = ({ history }: Media) => history.map(({ status }) => status).join(' ');

const completed = async (api: ApiClient) =>
  (await api.expect<{ completed: number }>(200, 'GET', '/api/media/stats')).completed;

async function notifiedMediaIds(api: ApiClient): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: NotificationList = await api.expect(
      200,
      'GET',
      `/api/notifications?limit=100${cursor && `&cursor=${cursor}`}`,
    );
    found.push(...page.items.flatMap(({ mediaId }) => mediaId ?? []));
    cursor = page.nextCursor;
  }
  return found.toSorted();
}

describe('the containers', () => {
  let stack: Stack;
  let api: ApiClient;
  let workers: ReturnType<typeof watchWorkers> | null = null;
  beforeAll(async () => {
    stack = await deployments[0]![1]();
    ({ api } = await stack.newUser());
  });
  afterAll(() => workers?.stop());

  it('serve pages with the headers of the API and immutable assets, and do not publish metrics', async () => {
    const [page, answer] = await Promise.all([api.fetch('GET', '/media/some-id'), api.fetch('GET', '/api/media')]);
    for (const [name, value] of answer.headers) {
      if (/^(content-security|cross-origin|origin-agent|referrer|x-)/.test(name) && name !== 'x-request-id')
        expect([name, page.headers.get(name)]).toEqual([name, value]);
    }
    const [, script] = /src="(\/assets\/[^"]+)"/.exec(await page.text())!;
    expect((await api.fetch('GET', script!)).headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect((await api.call('GET', '/metrics')).status).toBe(404);
    expect(await api.problem('GET', '/no/such/page')).toMatchObject({ code: 'not_found' });
  });

  it('analyse files with all restraints, and give secrets and media only to services that need them', async () => {
    const metrics = `fetch('http://127.0.0.1:9090/metrics').then((r) => r.text()).then(console.log)`;
    for (const worker of ['worker-image', 'worker-media'])
      expect((await inside(worker, metrics)).match(/^snapstream_sandbox_restraint.*/gm)).toEqual([
        'snapstream_sandbox_restraint{restraint="network"} 1',
        'snapstream_sandbox_restraint{restraint="privileges"} 1',
        'snapstream_sandbox_restraint{restraint="files"} 1',
      ]);
    const holdings = `console.log('SESSION_SECRET' in process.env,
      / \\/data tmpfs /.test(require('fs').readFileSync('/proc/mounts', 'latin1')) ? 'no media' : 'media')`;
    expect(await inside('worker-image', holdings)).toBe('false media');
    expect(await inside('media', holdings)).toBe('true media');
    for (const service of ['auth', 'notification']) expect(await inside(service, holdings)).toBe('true no media');
  });

  it('answer 503 within 5 s while a service is unavailable, and 200 again once it runs', async () => {
    await compose('stop', 'notification');
    const startedAt = Date.now();
    const refused = await api.problem('GET', '/api/notifications');
    expect([refused.code, refused.headers.get('retry-after')]).toEqual(['temporarily_unavailable', '5']);
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    expect((await api.call('GET', '/api/media')).status).toBe(200);
    await compose('start', 'notification');
    await eventually(
      () => api.call('GET', '/api/notifications'),
      ({ status }) => status === 200,
      30_000,
    );
  }, 90_000);

  it('process each image once on three workers, two of which are stopped halfway', async () => {
    await scaleTo(3);
    workers = watchWorkers();
    const ids = await uploadMany(api, 100);
    const ended = () => workers!.ended.filter(({ mediaId }) => ids.includes(mediaId));
    await eventually(
      () => completed(api),
      (count) => count >= 40,
      120_000,
    );
    await scaleTo(1);
    await eventually(
      () => completed(api),
      (count) => count === 100,
      240_000,
    );

    const all = await Promise.all(ids.map((id) => api.media(id)));
    expect(new Set(all.map(statuses))).toEqual(new Set(['uploaded processing completed']));
    const notified = await eventually(
      () => notifiedMediaIds(api),
      (found) => found.length >= 100,
      60_000,
    );
    expect(notified).toEqual(ids.toSorted());
    await eventually(
      () => Promise.resolve(ended()),
      ({ length }) => length >= 100,
    );
    expect(
      ended()
        .map(({ mediaId }) => mediaId)
        .toSorted(),
    ).toEqual(ids.toSorted());
    const shares = Object.entries(Object.groupBy(ended(), ({ worker }) => worker)).map(
      ([worker, jobs]) => `${worker}: ${jobs!.length}`,
    );
    process.stdout.write(`Jobs per image worker: ${shares.join(', ')}\n`);
    expect(shares).toHaveLength(3);
  }, 600_000);
});
