/** The fields by which work is claimed by one delivery at a time: of a medium, or of one of its analyses. */
interface Claimable {
  /** The delivery that holds the claim; absent when it is released. */
  token?: string;
  leaseUntil?: string;
  /** Deliveries whose worker crashed. */
  crashes: number;
}

/** After this many leases that ended without a release (worker crashes) the work fails. */
const MAX_CRASHES = 3;

/**
 * What a delivery may do with work that another one has claimed: nothing until the lease ends, or take it over. A lease
 * that ended without a release is a crash of its worker, and after {@link MAX_CRASHES} of them the work is exhausted.
 */
export type TakeOver = { busyUntil: Date } | { busyUntil: null; crashes: number; isExhausted: boolean };

export function takeOver({ token, leaseUntil, crashes: before }: Claimable, now = new Date()): TakeOver {
  if (leaseUntil && leaseUntil > now.toISOString()) return { busyUntil: new Date(leaseUntil) };
  const crashes = before + (token ? 1 : 0);
  return { busyUntil: null, crashes, isExhausted: crashes >= MAX_CRASHES };
}
