import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { ApiClient, makeJpeg, newAccount, startStandalone, type Stack } from '#testing';
import { Product } from '../soak/product';
import { memoryDuring, secondsToDisk, sha256OfWav, uploadWav, uploadWavResumably } from './large-upload';
import {
  atImmichSizes,
  atOurSizes,
  makePhotographs,
  type Measurement,
  processByProduct,
  processBySharp,
} from './photographs';
import { MeteredStack, requestsOfUploads } from './round-trips';

const MIB = 1024 ** 2;
const LARGE_BYTES = 2 * 1024 ** 3;
const MAX_GROWTH_MIB = 64;
const { ONLY = '' } = process.env;
const PHOTOS = Number(process.env.PHOTOS ?? 100);
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const DISTINCT_PHOTOGRAPHS = 5;
const SEED = 20_261_125;
const MEDIA = 20;
const REST_SECONDS = 30;

const print = (line: string) => process.stdout.write(`${line}\n`);
const mib = (value: number) => `${value.toFixed(0)} MiB`;
const rate = (sizeBytes: number, seconds: number) => sizeBytes / MIB / seconds;

/** A part of the benchmarks; `ONLY` names the one to run. */
const part = (name: string, body: () => void) =>
  name.includes(ONLY) ? describe(name, body) : describe.skip(name, body);

beforeAll(() => {
  const memory = `${Math.round(totalmem() / 1024 ** 3)} GiB`;
  print(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, ${memory}, ${process.platform}`);
});

part('a large upload', () => {
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

const row = (...cells: string[]) => print(`| ${cells.join(' | ')} |`);
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const sumOf = (values: Record<string, number>) => Object.values(values).reduce((sum, value) => sum + value, 0);

part('photographs of 12 megapixels', () => {
  it('are processed at a rate and cost that are compared with bare sharp in the same run', async () => {
    const photographs = await makePhotographs(DISTINCT_PHOTOGRAPHS, SEED);
    const product = await Product.start();
    try {
      print(`memory at rest after the start: ${mib(await product.memoryMib())}`);
      const api = new ApiClient(product.installation.url);
      await api.register(newAccount());
      await processByProduct(product, api, photographs, 4); // starts the analysis processes
      const rounds = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const ours = await processByProduct(product, api, photographs, PHOTOS);
        const immich = await processBySharp(atImmichSizes, photographs, PHOTOS);
        const limit = await processBySharp(atOurSizes, photographs, PHOTOS);
        rounds.push({ ours, immich, limit });
      }
      printPhotographs(rounds, PHOTOS);
      print(`memory after the last round: ${mib(await product.memoryMib())}`);
    } finally {
      await product.stop();
    }
  }, 1_800_000);
});

type Round = Record<'ours' | 'immich' | 'limit', Measurement>;

function printPhotographs(rounds: readonly Round[], count: number): void {
  const rateOf = (name: keyof Round) => median(rounds.map((round) => count / round[name].seconds));
  const cpuOf = (name: keyof Round) => median(rounds.map((round) => sumOf(round[name].cpuSeconds) / count));
  row('photographs of 12 megapixels', 'a second', 'CPU seconds each');
  row('---', '---', '---');
  row('the product, 4 clients', rateOf('ours').toFixed(2), cpuOf('ours').toFixed(3));
  row('bare sharp, our sizes and settings', rateOf('limit').toFixed(2), cpuOf('limit').toFixed(3));
  row('bare sharp, sizes of Immich', rateOf('immich').toFixed(2), cpuOf('immich').toFixed(3));
  const against = (name: keyof Round) =>
    [rateOf('ours') / rateOf(name), cpuOf('ours') / cpuOf(name)].map((ratio) => ratio.toFixed(2));
  row('ratio to our settings', ...against('limit'));
  row('ratio to Immich', ...against('immich'));
  for (const role of Object.keys(rounds[0]!.ours.cpuSeconds))
    row(`of which ${role}`, '', median(rounds.map(({ ours }) => (ours.cpuSeconds[role] ?? 0) / count)).toFixed(3));
}

part('round trips to the stores', () => {
  it('per medium and at rest', async () => {
    const metered = await MeteredStack.start(1);
    try {
      const jpeg = new Uint8Array(await makeJpeg());
      await metered.ofUploads(jpeg, 'first.jpg', 1);
      const { dynamo, redis } = await metered.ofUploads(jpeg, 'photo.jpg', MEDIA);
      const each = (count: number) => (count / MEDIA).toFixed(1);
      print(
        `per medium: ${each(requestsOfUploads(dynamo))} requests to DynamoDB, ${each(dynamo.writeUnits)} write units`,
      );
      for (const [kind, count] of Object.entries(dynamo.byKind)) print(`  ${kind}: ${each(count)}`);
      print(`per medium: ${each(redis.scripts)} Redis scripts`);
      const rest = await metered.atRest(REST_SECONDS);
      const perSecond = (count: number) => (count / REST_SECONDS).toFixed(1);
      const [requests, scripts] = [perSecond(rest.dynamo.requests), perSecond(rest.redis.scripts)];
      print(`at rest, a second: ${requests} requests to DynamoDB, ${scripts} Redis scripts`);
    } finally {
      await metered.stop();
    }
  }, 300_000);
});
