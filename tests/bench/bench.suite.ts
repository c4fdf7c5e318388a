import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Product } from '../soak/product';
import { makeClips, makePhotographs, makeSounds } from './inputs';
import { clipsOrSounds } from './parts/av';
import { fairness } from './parts/fairness';
import { latency } from './parts/latency';
import { library } from './parts/library';
import { photographs } from './parts/photographs';
import { roundTrips } from './parts/round-trips';
import { uploads } from './parts/uploads';
import { workQueue } from './parts/work-queue';
import { documentOf, machine, tableOf, type Row } from './report';

const { ONLY = '', WRITE, PHOTOS = '100', ROUNDS = '3' } = process.env;
const [count, rounds] = [Number(PHOTOS), Number(ROUNDS)];
const SEED = 20_261_125;
const DISTINCT = 5;
const REST_MS = 60_000;
const DOCUMENT = join(__dirname, '../../docs/benchmarks.md');
const INTRO = `# Benchmarks

Written by \`WRITE=1 npm run bench\`; explained in [performance.md](performance.md).
`;

const print = (lines: readonly string[]) => process.stdout.write(`${lines.join('\n')}\n`);
const versionOf = (program: string, option: string) =>
  /\d+(\.\d+)+/.exec(execFileSync(program, [option], { encoding: 'utf8' }))?.[0] ?? 'unknown';

const thisMachine = () => machine({ Node: process.versions.node, ffmpeg: versionOf('ffmpeg', '-version') });

async function onProduct(settings: Record<string, string>, measure: (product: Product) => Promise<Row[]>) {
  const product = await Product.start(settings);
  try {
    return await measure(product);
  } finally {
    await product.stop();
  }
}

const av = async (inputs: ReturnType<typeof makeClips>) => {
  const made = await inputs;
  return onProduct({}, (product) => clipsOrSounds(product, made, { count: 20, rounds }));
};
const onPhotographs = async (
  settings: Record<string, string>,
  measure: (product: Product, inputs: Awaited<ReturnType<typeof makePhotographs>>) => Promise<Row[]>,
) => {
  const inputs = await makePhotographs(DISTINCT, SEED);
  return onProduct(settings, (product) => measure(product, inputs));
};

/** The parts by name; `ONLY` names those to run. */
const parts: Record<string, () => Promise<Row[]>> = {
  photographs: () =>
    onPhotographs({}, (product, inputs) => photographs(product, inputs, { count, rounds, restMs: REST_MS })),
  'one photograph': () => onPhotographs({}, (product, inputs) => latency(product, inputs, 20)),
  clips: () => av(makeClips(DISTINCT, SEED, 10)),
  sounds: () => av(makeSounds(DISTINCT, SEED, 180)),
  uploads: () =>
    onPhotographs({ WORKERS: '0' }, (product, inputs) =>
      uploads(product, inputs, { rounds, largeBytes: 2 * 1024 ** 3, photographs: count, smallFiles: 2_000 }),
    ),
  library: () =>
    onProduct({ WORKERS: '0' }, (product) =>
      library(product, product.installation.dynamodbEndpoint!, { few: 100, many: 100_000, runs: 50 }),
    ),
  fairness: () => fairness(10_000),
  'round trips': () => roundTrips(20, 30),
  'work queue': () => workQueue(100_000),
};

describe('the benchmarks', () => {
  const report = new Map<string, Row[]>();

  for (const [name, measure] of Object.entries(parts)) {
    (name.includes(ONLY) ? it : it.skip)(
      name,
      async () => {
        report.set(name, await measure());
        print(tableOf(new Map([[name, report.get(name)!]])));
      },
      3_600_000,
    );
  }

  afterAll(() => {
    print([thisMachine(), ...tableOf(report)]);
    if (WRITE) writeFileSync(DOCUMENT, documentOf(readFileSync(DOCUMENT, 'utf8'), INTRO, thisMachine(), report));
  });
});
