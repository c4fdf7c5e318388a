import { StorageFullError } from '#platform';
import { Health } from './health';

const fine = () => Promise.resolve();
const broken = () => Promise.reject(new Error('no connection'));
const full = () => Promise.reject(new StorageFullError());
const silent = () => new Promise<void>(() => {});
const healthy = { redis: fine, dynamodb: fine, storage: fine, alerts: fine };

describe('Health', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([
    ['all is fine', {}, 'ok', {}],
    ['alerts are out', { alerts: broken }, 'degraded', { alerts: 'down' }],
    ['the disk is full', { storage: full }, 'degraded', { storage: 'down' }],
    ['the disk can not be written', { storage: broken }, 'down', { storage: 'down' }],
    ['Redis is away', { redis: broken }, 'down', { redis: 'down' }],
    ['DynamoDB is away', { dynamodb: broken, alerts: broken }, 'down', { dynamodb: 'down', alerts: 'down' }],
  ])('when %s', async (_, wrong, status, down) => {
    const health = new Health({ ...healthy, ...wrong });
    expect(await health.readiness()).toEqual({
      status,
      checks: { redis: 'ok', dynamodb: 'ok', storage: 'ok', alerts: 'ok', ...down },
    });
  });

  it('waits for nobody longer than 2 s', async () => {
    jest.useFakeTimers();
    const readiness = new Health({ ...healthy, redis: silent, alerts: silent }).readiness();
    await jest.advanceTimersByTimeAsync(2_000);
    expect(await readiness).toMatchObject({
      status: 'down',
      checks: { redis: 'down', alerts: 'down', dynamodb: 'ok' },
    });
  });

  it('asks once a second, however often it is asked', async () => {
    jest.useFakeTimers();
    let asked = 0;
    const health = new Health({ ...healthy, redis: () => Promise.resolve(void (asked += 1)) });
    await Promise.all([health.readiness(), health.readiness(), health.readiness()]);
    expect(asked).toBe(1);
    await jest.advanceTimersByTimeAsync(1_001);
    await health.readiness();
    expect(asked).toBe(2);
  });

  it('is down once the process stops, whatever the dependencies say', async () => {
    const health = new Health(healthy);
    await health.readiness();
    health.stop();
    expect(await health.readiness()).toMatchObject({ status: 'down', checks: { redis: 'ok' } });
  });
});
