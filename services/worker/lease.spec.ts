import type { MediaRepository } from '#media';
import { Lease, LEASE_MS } from './lease';

/** A table that always lets the lease be renewed, and counts how often it was. */
function table() {
  const renewals: number[] = [];
  return { renewals, media: { renew: async () => renewals.push(Date.now()) > 0 } as unknown as MediaRepository };
}

describe('Lease', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());
  const forever = new AbortController().signal;
  const key = { userId: 'u', id: 'm' };

  it('is renewed for as long as its work lives', async () => {
    const { media, renewals } = table();
    const lease = new Lease(media, key, 'token', forever);
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(renewals.length).toBeGreaterThan(3_600_000 / LEASE_MS);
    expect(lease.signal.aborted).toBe(false);
    lease.end();
    renewals.length = 0;
    await jest.advanceTimersByTimeAsync(LEASE_MS);
    expect(renewals).toEqual([]);
  });

  it('is given up at its limit, so that another delivery can take the medium', async () => {
    const { media, renewals } = table();
    const lease = new Lease(media, key, 'token', forever);
    const onHang = jest.fn();
    lease.limit(60_000, onHang);
    await jest.advanceTimersByTimeAsync(70_000);
    expect(lease).toMatchObject({ isLost: true, signal: { aborted: true } });
    renewals.length = 0;
    lease.end(); // the work heard it and ended: the process goes on
    await jest.advanceTimersByTimeAsync(600_000);
    expect(renewals).toEqual([]);
    expect(onHang).not.toHaveBeenCalled();
  });

  it('tells when its work hangs on after its limit', async () => {
    const lease = new Lease(table().media, key, 'token', forever);
    const onHang = jest.fn();
    lease.limit(60_000, onHang);
    await jest.advanceTimersByTimeAsync(200_000);
    expect(onHang).toHaveBeenCalledTimes(1);
    lease.end();
  });
});
