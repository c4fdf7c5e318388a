import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient, eventually, newAccount } from '#testing';
import { Files } from '../faults/files';
import { Product, type Sample } from './product';
import { slopePerMinute, type Point } from './slope';

const { MINUTES = '15', RATE = '2' } = process.env;
const SAMPLE_MS = 10_000;
/** Media that exist at a time; the oldest is deleted for each new one. */
const KEPT_MEDIA = 100;
/** The share of samples that is ignored, while caches fill and heaps grow to their size. */
const WARM_UP_SHARE = 1 / 3;

/** Growth per minute that counts as noise, by the last word of a value's name. */
const tolerance: Record<string, number> = { MiB: 1, descriptors: 0.5, keys: 2, files: 2 };
/** Files that grow by a line per event, by design, up to 20 MiB. */
const growByDesign = /^DATA_DIR\/(logs|alerts\.ndjson) MiB$/;

const print = (line: string) => void process.stdout.write(`${line}\n`);

interface Row {
  name: string;
  first: number;
  last: number;
  slope: number;
  isFlat: boolean;
}

function rowsOf(samples: ReadonlyArray<{ atMinutes: number; sample: Sample }>): Row[] {
  const steady = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
  const names = [...new Set(steady.flatMap(({ sample }) => Object.keys(sample)))].toSorted();
  return names.map((name) => {
    const points: Point[] = steady.map(({ atMinutes, sample }) => ({ atMinutes, value: sample[name] ?? 0 }));
    const slope = slopePerMinute(points);
    const isFlat = growByDesign.test(name) || slope <= tolerance[name.split(' ').at(-1)!]!;
    return { name, first: samples[0]!.sample[name] ?? 0, last: samples.at(-1)!.sample[name] ?? 0, slope, isFlat };
  });
}

/** Uploads at a fixed rate, whether or not earlier uploads are done, and deletes the oldest medium for each. */
class Load {
  private readonly files = new Files();
  private readonly kept: string[] = [];
  private readonly running = new Set<Promise<void>>();
  private sent = 0;
  readonly problems: string[] = [];

  constructor(private readonly api: ApiClient) {}

  get uploads(): number {
    return this.sent;
  }

  async during(milliseconds: number): Promise<void> {
    for (const end = Date.now() + milliseconds; Date.now() < end; await sleep(1_000 / Number(RATE))) {
      const step = this.step((this.sent += 1)).catch((error: Error) => void this.problems.push(error.message));
      this.running.add(step);
      void step.finally(() => this.running.delete(step));
    }
    await Promise.all(this.running);
  }

  private async step(at: number): Promise<void> {
    const file = await this.files.some(at);
    const { id } = await this.api.upload(new Uint8Array(file.bytes), { filename: file.name });
    this.kept.push(id);
    const oldest = this.kept.length > KEPT_MEDIA ? this.kept.shift() : undefined;
    if (oldest) await this.api.expect(204, 'DELETE', `/api/media/${oldest}`);
    if (at % 10 === 0) await this.api.expect(204, 'DELETE', '/api/notifications');
    await this.api.expect(200, 'GET', '/api/media?limit=50');
  }
}

async function medianMs(api: ApiClient, path: string): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    const startedAt = performance.now();
    await api.expect(200, 'GET', path);
    times.push(performance.now() - startedAt);
  }
  return times.toSorted((one, other) => one - other)[10]!;
}

/** MINUTES and RATE (uploads per second) decide how long and how much. */
describe('soak', () => {
  let product: Product;
  let api: ApiClient;
  beforeAll(async () => {
    product = await Product.start();
    api = new ApiClient(product.installation.url);
    await api.register(newAccount());
  }, 120_000);
  afterAll(() => product.stop(), 60_000);

  it(
    'shows no growth of memory, descriptors, keys or files after the warm-up',
    async () => {
      const load = new Load(api);
      const samples: Array<{ atMinutes: number; sample: Sample }> = [];
      const startedAt = Date.now();
      const sample = async () =>
        void samples.push({ atMinutes: (Date.now() - startedAt) / 60_000, sample: await product.sample() });
      await load.during(15_000);
      const before = { list: await medianMs(api, '/api/media'), stats: await medianMs(api, '/api/media/stats') };
      await sample();
      const timer = setInterval(() => void sample(), SAMPLE_MS);
      await load.during(Number(MINUTES) * 60_000);
      clearInterval(timer);
      await eventually(
        () => api.expect<{ processing: number; uploaded: number }>(200, 'GET', '/api/media/stats'),
        (stats) => stats.processing + stats.uploaded === 0,
        60_000,
      );
      const after = { list: await medianMs(api, '/api/media'), stats: await medianMs(api, '/api/media/stats') };

      const rows = rowsOf(samples);
      print(`${load.uploads} uploads in ${MINUTES} minutes, ${samples.length} samples; growth of the last two thirds:`);
      for (const { name, first, last, slope, isFlat } of rows) {
        const range = `${first.toFixed(1).padStart(8)} -> ${last.toFixed(1).padStart(8)}`;
        print(`${name.padEnd(32)} ${range}  ${slope.toFixed(3).padStart(8)} a minute${isFlat ? '' : '  GROWS'}`);
      }
      for (const [name, value] of Object.entries(before)) {
        const atEnd = after[name as keyof typeof after].toFixed(1);
        print(`${name}: ${value.toFixed(1)} ms at first, ${atEnd} ms at the end (p50 of 20)`);
      }
      expect(load.problems).toEqual([]);
      expect(rows.filter(({ isFlat }) => !isFlat)).toEqual([]);
    },
    (Number(MINUTES) + 5) * 60_000,
  );
});
