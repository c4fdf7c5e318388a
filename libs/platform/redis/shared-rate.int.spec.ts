import { startRedis, type TestRedis } from '#testing';
import { connectRedis } from './redis';
import { SharedRate } from './shared-rate';

let redis: TestRedis;
const notAborted = new AbortController().signal;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

describe('a rate that processes share', () => {
  it('holds for both together, and for each key by itself', async () => {
    const connections = [connectRedis(redis.url, 'waiting'), connectRedis(redis.url, 'waiting')];
    const [one, two] = connections.map((connection) => new SharedRate(connection, 'test-', 3));
    const start = Date.now();
    const times = await Promise.all(
      [one!, two!, one!, two!, one!].map((rate) => rate.take('DetectText', notAborted).then(() => Date.now() - start)),
    );
    expect(times.toSorted((a, b) => a - b)[3]).toBeGreaterThan(500); // the fourth waits for the next second
    await one!.take('DetectLabels', notAborted);
    for (const connection of connections) connection.disconnect();
  });

  it('ends a wait with the reason of an abort', async () => {
    const connection = connectRedis(redis.url, 'waiting');
    const rate = new SharedRate(connection, 'test-', 1);
    await rate.take('StartJob', notAborted);
    await expect(rate.take('StartJob', AbortSignal.timeout(20))).rejects.toThrow(/timeout/);
    connection.disconnect();
  });
});
