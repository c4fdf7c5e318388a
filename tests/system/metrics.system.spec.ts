import { setTimeout as sleep } from 'node:timers/promises';
import {
  ApiClient,
  eventually,
  freePort,
  makeJpeg,
  startProcess,
  startTestEnvironment,
  type TestProcess,
  type TestEnvironment,
} from '#testing';
import { scrape } from './scrape';

describe('/metrics', () => {
  let environment: TestEnvironment;
  let opsPort: number;
  let service: TestProcess;
  let worker: TestProcess | undefined;
  let api: ApiClient;

  beforeAll(async () => {
    environment = await startTestEnvironment();
    opsPort = await freePort();
    service = await startProcess(
      'standalone',
      environment.env({ OPS_PORT: String(opsPort), MAX_UPLOAD_BYTES: '200000' }),
    );
    api = new ApiClient(service.url);
    await api.register();
  });
  afterAll(async () => {
    await Promise.all([service.stop(), worker?.stop()]);
    await environment.stop();
  });

  it('counts accepted and refused uploads, by code', async () => {
    await api.upload(new Uint8Array(await makeJpeg()), { filename: 'a.jpg' });
    await api.upload(new Uint8Array(await makeJpeg()), { filename: 'b.jpg' });
    await api.tryUpload(new Uint8Array(300_000));
    await api.tryUpload(new Uint8Array(Buffer.from('no picture')));
    await api.tryUpload(new Uint8Array(Buffer.from('no picture either')));
    await api.problem('POST', '/api/uploads', { headers: { 'tus-resumable': '1.0.0', 'upload-length': '300000' } });
    await api.problem('GET', '/api/media/01ARZ3NDEKTSV4RRFFQ69G5FAV'); // not an upload
    expect(
      await eventually(
        () => scrape(opsPort),
        (series) => series['snapstream_uploads_refused_total{code="file_too_large"}'] === 2,
      ),
    ).toMatchObject({
      snapstream_uploads_accepted_total: 2,
      'snapstream_uploads_refused_total{code="unsupported_media_type"}': 2,
      'snapstream_uploads_refused_total{code="file_too_large"}': 2,
    });
    expect(
      Object.keys(await scrape(opsPort)).filter((name) => name.startsWith('snapstream_uploads_refused')),
    ).toHaveLength(2);
  });

  it('reports the depth of each queue, and the age of its oldest job', async () => {
    await sleep(1_100);
    const series = await scrape(opsPort);
    expect(series).toMatchObject({
      'snapstream_queue_jobs{queue="image",state="waiting"}': 2,
      'snapstream_queue_jobs{queue="video",state="waiting"}': 0,
      'snapstream_queue_jobs{queue="image",state="active"}': 0,
      'snapstream_queue_oldest_waiting_seconds{queue="video"}': 0,
    });
    expect(series['snapstream_queue_oldest_waiting_seconds{queue="image"}']).toBeGreaterThan(1);
    expect(series['snapstream_queue_oldest_waiting_seconds{queue="image"}']).toBeLessThan(300);
  });

  it('reports at /scaling the work ahead of each queue', async () => {
    const answer = await fetch(`http://127.0.0.1:${opsPort}/scaling`);
    const { queues } = (await answer.json()) as { queues: Record<string, Record<string, number>> };
    expect(queues.image).toMatchObject({ waiting: 2, active: 0, workSeconds: 4 });
    expect(queues.image!.oldestSeconds).toBeGreaterThan(1);
    expect(queues.video).toEqual({ workSeconds: 0, waiting: 0, active: 0, oldestSeconds: 0 });
  });

  it('reports number and duration of finished jobs, by kind and outcome', async () => {
    const port = await freePort();
    const broken = new Uint8Array((await makeJpeg()).subarray(0, 200)); // it looks like a picture
    await api.upload(broken, { filename: 'broken.jpg' });
    worker = await startProcess('worker', environment.env({ OPS_PORT: String(port) }));
    const series = await eventually(
      () => scrape(port),
      (all) =>
        all['snapstream_job_duration_seconds_count{kind="image",outcome="failed"}'] === 1 &&
        all['snapstream_job_duration_seconds_count{kind="image",outcome="completed"}'] === 2,
      30_000,
    );
    expect(series['snapstream_job_duration_seconds_sum{kind="image",outcome="completed"}']).toBeGreaterThan(0);
    expect(series['snapstream_queue_jobs{queue="image",state="waiting"}']).toBe(0);
  });

  it('reports events that no consumer confirms', async () => {
    const media = 'snapstream_outbox_unconfirmed_items{table="media"}';
    await eventually(
      () => scrape(opsPort),
      (series) => series[media] === 0,
      30_000,
    );
    await service.stop(); // it runs the consumer
    const port = await freePort();
    const mediaService = await startProcess('media', environment.env({ OPS_PORT: String(port) }));
    const uploader = new ApiClient(mediaService.url, { cookie: api.cookie });
    await uploader.upload(new Uint8Array(await makeJpeg()), { filename: 'c.jpg' });
    await eventually(
      () => scrape(port),
      (series) => series[media]! >= 1 && series['snapstream_outbox_oldest_seconds{table="media"}']! > 0,
      30_000,
    );
    await mediaService.stop();
  }, 90_000);

  it('leaves out the metrics of the queues while Redis is unavailable', async () => {
    const port = await freePort();
    const media = await startProcess('media', environment.env({ OPS_PORT: String(port) }));
    await environment.redis.kill();
    const series = await scrape(port);
    expect(Object.keys(series).some((name) => name.startsWith('snapstream_queue_jobs{'))).toBe(false);
    expect(series['snapstream_outbox_unconfirmed_items{table="users"}']).toBeDefined();
    expect((await fetch(`http://127.0.0.1:${port}/scaling`)).status).toBe(503);
    await environment.redis.restart(); // without it, processes take long to stop
    await media.stop();
  }, 60_000);
});
