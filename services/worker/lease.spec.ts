import { Lease, LEASE_MS } from './lease';

/** Renewals that always succeed and are recorded. */
function recordRenewals() {
  const renewals: number[] = [];
  return { renewals, renew: async () => renewals.push(Date.now()) > 0 };
}

describe('Lease', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());
  const neverAborted = new AbortController().signal;

  it('is renewed until its work ends', async () => {
    const { renew, renewals } = recordRenewals();
    const lease = new Lease(renew, neverAborted);
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(renewals.length).toBeGreaterThan(3_600_000 / LEASE_MS);
    expect(lease.signal.aborted).toBe(false);
    lease.end();
    renewals.length = 0;
    await jest.advanceTimersByTimeAsync(LEASE_MS);
    expect(renewals).toEqual([]);
  });

  it('expires at its time limit, so that another delivery can claim the medium', async () => {
    const { renew, renewals } = recordRenewals();
    const lease = new Lease(renew, neverAborted);
    const onHang = jest.fn();
    lease.limit(60_000, onHang);
    await jest.advanceTimersByTimeAsync(70_000);
    expect(lease).toMatchObject({ isLost: true, signal: { aborted: true } });
    renewals.length = 0;
    lease.end(); // the work was aborted in time: the process continues
    await jest.advanceTimersByTimeAsync(600_000);
    expect(renewals).toEqual([]);
    expect(onHang).not.toHaveBeenCalled();
  });

  it('calls onHang when its work continues after its time limit', async () => {
    const lease = new Lease(recordRenewals().renew, neverAborted);
    const onHang = jest.fn();
    lease.limit(60_000, onHang);
    await jest.advanceTimersByTimeAsync(200_000);
    expect(onHang).toHaveBeenCalledTimes(1);
    lease.end();
  });
});
