/** Fewest and most tasks of a pool of workers. */
type Tasks = readonly [min: number, max: number];

export interface Size {
  /** One for each availability zone, so that a zone can fail, or one for both, which costs less. */
  natGateways: 1 | 2;
  /** Tasks of each of auth, media, notification and web. */
  tasks: number;
  cacheNode: string;
  /** With 2 or more, the cache has a replica in another zone and fails over by itself. */
  cacheNodes: number;
  workers: { image: Tasks; media: Tasks; analysis: Tasks };
  /** A mail is sent when the bill of a month is going to exceed it. */
  monthlyBudgetUsd: number;
}

/** What they cost is in README.md. At least one worker always runs: it also does the sweeps of lost wake-ups. */
export const sizes = {
  small: {
    natGateways: 1,
    tasks: 1,
    cacheNode: 'cache.t4g.micro',
    cacheNodes: 1,
    workers: { image: [1, 4], media: [0, 2], analysis: [0, 2] },
    monthlyBudgetUsd: 250,
  },
  medium: {
    natGateways: 1,
    tasks: 2,
    cacheNode: 'cache.t4g.small',
    cacheNodes: 2,
    workers: { image: [1, 16], media: [1, 16], analysis: [0, 8] },
    monthlyBudgetUsd: 700,
  },
  large: {
    natGateways: 2,
    tasks: 4,
    cacheNode: 'cache.m7g.large',
    cacheNodes: 2,
    workers: { image: [2, 64], media: [2, 64], analysis: [1, 32] },
    monthlyBudgetUsd: 3_000,
  },
} as const satisfies Record<string, Size>;
