import { StorageFullError } from '#platform';
import { Health } from './health';

const available = () => Promise.resolve();
const unavailable = () => Promise.reject(new Error('no connection'));
const full = () => Promise.reject(new StorageFullError());
const hanging = () => new Promise<void>(() => {});
const healthy = {
  redis: available,
  dynamodb: available,
  storage: available,
  alerts: available,
  mail: available,
  canary: available,
};

describe('Health', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([
    ['all dependencies are available', {}, 'ok', {}],
    ['alerts are unavailable', { alerts: unavailable }, 'degraded', { alerts: 'down' }],
    ['mails cannot be sent', { mail: unavailable }, 'degraded', { mail: 'down' }],
    ['the canary has failed', { canary: unavailable }, 'degraded', { canary: 'down' }],
    ['the disk is full', { storage: full }, 'degraded', { storage: 'down' }],
    ['the disk cannot be written', { storage: unavailable }, 'down', { storage: 'down' }],
    ['Redis is unavailable', { redis: unavailable }, 'down', { redis: 'down' }],
    [
      'DynamoDB is unavailable',
      { dynamodb: unavailable, alerts: unavailable },
      'down',
      { dynamodb: 'down', alerts: 'down' },
    ],
  ])('reports its status when %s', async (_, failing, status, down) => {
    const health = new Health({ ...healthy, ...failing });
    expect(await health.readiness()).toEqual({
      status,
      checks: { redis: 'ok', dynamodb: 'ok', storage: 'ok', alerts: 'ok', mail: 'ok', canary: 'ok', ...down },
    });
  });

  it('waits for no check longer than 2 s', async () => {
    jest.useFakeTimers();
    const readiness = new Health({ ...healthy, redis: hanging, alerts: hanging }).readiness();
    await jest.advanceTimersByTimeAsync(2_000);
    expect(await readiness).toMatchObject({
      status: 'down',
      checks: { redis: 'down', alerts: 'down', dynamodb: 'ok' },
    });
  });

  it('runs the checks at most once a second', async () => {
    jest.useFakeTimers();
    let checks = 0;
    const health = new Health({ ...healthy, redis: () => Promise.resolve(void (checks += 1)) });
    await Promise.all([health.readiness(), health.readiness(), health.readiness()]);
    expect(checks).toBe(1);
    await jest.advanceTimersByTimeAsync(1_001);
    await health.readiness();
    expect(checks).toBe(2);
  });

  it('is down while the process stops, whatever the checks return', async () => {
    const health = new Health(healthy);
    await health.readiness();
    health.stop();
    expect(await health.readiness()).toMatchObject({ status: 'down', checks: { redis: 'ok' } });
  });
});
