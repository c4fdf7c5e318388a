import { eventually, makeJpeg, makeMp3, makeMp4 } from '#testing';
import { MeteredStack, requestsOfUploads, type RoundTrips } from './metered-stack';
import { clipsOrSounds } from './parts/av';
import { latency } from './parts/latency';
import { library } from './parts/library';
import { photographs } from './parts/photographs';
import { uploads } from './parts/uploads';
import type { Row } from './report';
import type { Input } from './subject';

let metered: MeteredStack;
beforeAll(async () => {
  metered = await MeteredStack.start(1);
});
afterAll(() => metered.stop());

/** Upper bounds, a third above the figures of docs/performance.md: on a loaded machine fewer events share a write. */
describe('round trips to the stores', () => {
  it('are few per medium', async () => {
    const jpeg = new Uint8Array(await makeJpeg());
    await metered.ofUploads(jpeg, 'first.jpg', 4);
    const { dynamo, redis } = await metered.ofUploads(jpeg, 'photo.jpg', 8);
    expect(requestsOfUploads(dynamo) / 8).toBeLessThanOrEqual(17);
    expect(dynamo.writeUnits / 8).toBeLessThanOrEqual(24);
    expect(redis.scripts / 8).toBeLessThan(32);
  });
});

const two = async (filename: string, bytes: Promise<Buffer>): Promise<Input[]> => {
  const input = { filename, bytes: new Uint8Array(await bytes) };
  return [input, input];
};

describe('each part of the benchmarks measures two small inputs', () => {
  const sizes = { count: 2, rounds: 1 };
  const parts: Record<string, () => Promise<Row[]>> = {
    photographs: async () => photographs(metered.subject, await two('a.jpg', makeJpeg()), { ...sizes, restMs: 0 }),
    'one photograph': async () => latency(metered.subject, await two('a.jpg', makeJpeg()), 1),
    clips: async () => clipsOrSounds(metered.subject, await two('a.mp4', makeMp4()), sizes),
    sounds: async () => clipsOrSounds(metered.subject, await two('a.mp3', makeMp3({ seconds: 0.5 })), sizes),
    uploads: async () =>
      uploads(metered.subject, await two('a.jpg', makeJpeg()), {
        rounds: 1,
        largeBytes: 1024 ** 2,
        photographs: 2,
        smallFiles: 2,
      }),
    library: () => library(metered.subject, metered.dynamodbEndpoint, { few: 1, many: 2, runs: 1 }),
  };

  it.each(Object.entries(parts))('%s', async (_name, measure) => {
    const compared = (await measure()).flatMap(({ value }) => value ?? []);
    expect(compared).not.toHaveLength(0);
    expect(compared.every((value) => Number.isFinite(value))).toBe(true);
  });
});

/** The last of this file, and tried again: a start is followed by what is done once, or once a day. */
describe('round trips to the stores at rest', () => {
  it('are hardly any', async () => {
    const seconds = 10; // the longest period of the sweeps, except those of a minute and more
    const isQuiet = ({ dynamo, redis }: RoundTrips) => dynamo.requests / seconds <= 1.5 && redis.scripts / seconds <= 3;
    await eventually(() => metered.atRest(seconds), isQuiet, 40_000);
  }, 60_000);
});
