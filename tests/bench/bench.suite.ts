import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Media } from '#contracts';
import { makeJpeg, startStandalone, type Stack } from '#testing';
import { memoryDuring, secondsToDisk, sha256OfWav, uploadWav, uploadWavResumably } from './large-upload';

const MIB = 1024 ** 2;
const LARGE_BYTES = 2 * 1024 ** 3;
const MAX_GROWTH_MIB = 64;
const PHOTOS = 24;

const print = (line: string) => process.stdout.write(`${line}\n`);
const mib = (value: number) => `${value.toFixed(0)} MiB`;
const rate = (sizeBytes: number, seconds: number) => sizeBytes / MIB / seconds;

beforeAll(() => {
  const memory = `${Math.round(totalmem() / 1024 ** 3)} GiB`;
  print(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, ${memory}, ${process.platform}`);
});

describe('a large upload', () => {
  let stack: Stack;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bench-'));
    stack = await startStandalone({ workers: 0 });
  });
  afterAll(async () => {
    await stack.stop();
    await rm(folder, { recursive: true });
  });

  it.each([
    ['POST', uploadWav],
    ['tus', uploadWavResumably],
  ])(
    'streams through the API, whose memory grows by less than 64 MiB: %s',
    async (method, upload) => {
      const { api } = await stack.newUser();
      await upload(api, MIB); // warm-up
      const { result, beforeMib, highestMib } = await memoryDuring(stack.processes!.services[0]!.pid, () =>
        upload(api, LARGE_BYTES),
      );
      expect(result.media).toMatchObject({
        sizeBytes: LARGE_BYTES,
        sha256: sha256OfWav(LARGE_BYTES),
        contentType: 'audio/wav',
      });
      await api.expect(204, 'DELETE', `/api/media/${result.media.id}`);
      const plainSeconds = await secondsToDisk(join(folder, 'plain'), LARGE_BYTES);
      const uploaded = rate(LARGE_BYTES, result.seconds);
      const plain = rate(LARGE_BYTES, plainSeconds);
      const ratio = (uploaded / plain).toFixed(2);
      print(`2 GiB by ${method}: ${mib(uploaded)}/s; the same bytes straight to disk: ${mib(plain)}/s; ratio ${ratio}`);
      const growth = mib(highestMib - beforeMib);
      print(`memory of the API, ${method}: ${mib(beforeMib)} before, ${mib(highestMib)} at most, grown by ${growth}`);
      expect(highestMib - beforeMib).toBeLessThan(MAX_GROWTH_MIB);
    },
    600_000,
  );
});

describe.each([1, 2])('photographs of 12 megapixels, %i workers', (workers) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStandalone({ workers });
  });
  afterAll(() => stack.stop());

  it('become thumbnails and previews', async () => {
    const { api } = await stack.newUser();
    const photo = await makeJpeg({ width: 4_000, height: 3_000, grain: 12 });
    // a worker starts its sandbox with its first file
    await api.waitUntilSettled((await api.upload(new Uint8Array(photo), { filename: 'first.jpg' })).id);
    const settled: Media[] = [];
    const uploaded = await Promise.all(
      Array.from({ length: PHOTOS }, (_, i) => api.upload(new Uint8Array(photo), { filename: `${i}.jpg` })),
    );
    for (const { id } of uploaded) settled.push(await api.waitUntilSettled(id, 300_000));
    expect(settled.every(({ status, width }) => status === 'completed' && width === 4_000)).toBe(true);
    const times = (wanted: string) =>
      settled.map(({ history }) => Date.parse(history.find(({ status }) => status === wanted)!.at));
    const seconds = (Math.max(...times('completed')) - Math.min(...times('processing'))) / 1_000;
    const files = `${PHOTOS} JPEGs of 12 megapixels and ${(photo.length / MIB).toFixed(1)} MiB`;
    const perWorker = (PHOTOS / seconds / workers).toFixed(2);
    print(`${workers} worker(s): ${files} in ${seconds.toFixed(1)} s; ${perWorker} a second and worker`);
  }, 600_000);
});
