import { makeJpeg } from '#testing';
import { MeteredStack, requestsOfUploads } from './round-trips';

/** Upper bounds, above the usual figures of docs/benchmarks.md: they depend on which events are written together. */
describe('round trips to the stores', () => {
  let metered: MeteredStack;
  beforeAll(async () => {
    metered = await MeteredStack.start(1);
  });
  afterAll(() => metered.stop());

  it('are few per medium', async () => {
    const jpeg = new Uint8Array(await makeJpeg());
    await metered.ofUploads(jpeg, 'first.jpg', 1);
    const { dynamo, redis } = await metered.ofUploads(jpeg, 'photo.jpg', 4);
    expect(requestsOfUploads(dynamo) / 4).toBeLessThan(17);
    expect(dynamo.writeUnits / 4).toBeLessThan(23);
    expect(redis.scripts / 4).toBeLessThan(60);
  });

  it('are hardly any at rest', async () => {
    const seconds = 5;
    const { dynamo, redis } = await metered.atRest(seconds);
    expect(dynamo.requests / seconds).toBeLessThanOrEqual(1);
    expect(redis.scripts / seconds).toBeLessThanOrEqual(2);
  });
});
