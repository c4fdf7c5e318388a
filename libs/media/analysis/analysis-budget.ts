import type { Config } from '#config';
import { any, atMost, missing, type Dynamo, type Key } from '#platform';
import { partitionKey } from '../partitions';

const MICROS = 1_000_000;

/** Reserved and spent amounts of one month, in millionths of a US dollar. */
interface SpentRow {
  micros?: number;
}

/** The month of a time, in UTC, as `2026-11`. */
const monthOf = (now: Date) => now.toISOString().slice(0, 7);

/** Returns the start of the next month, when budgets are full again. */
export const budgetResetsAt = (now = new Date()) =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)).toISOString();

const rowOf = (userId: string, month: string) => ({ userId: partitionKey(userId, 'analysis'), id: `spent#${month}` });
/** In the place of a user's id, which is a ULID: the sum over all users. */
const INSTALLATION = 'installation';

/**
 * The monthly budgets of the installation and of each user. The price of an analysis is reserved before the call, by a
 * conditional increment, so that any number of workers together cannot pass a budget; what it really cost is settled
 * afterwards. A worker that crashes in between leaves too much counted, never too little.
 */
export class AnalysisBudget {
  private readonly limits: { all: number; user: number };

  constructor(
    private readonly dynamo: Dynamo,
    { analysisBudgetUsd: { all, user } }: Config,
  ) {
    this.limits = { all: all * MICROS, user: (user ?? all) * MICROS };
  }

  /** Of a user, in US dollars. */
  get monthlyUsd(): number {
    return this.limits.user / MICROS;
  }

  /** Returns the month that an amount is reserved in, or null when a budget does not cover it. */
  async reserve(userId: string, micros: number, now = new Date()): Promise<string | null> {
    const month = monthOf(now);
    if (!(await this.add(rowOf(userId, month), micros, this.limits.user))) return null;
    if (await this.add(rowOf(INSTALLATION, month), micros, this.limits.all)) return month;
    await this.add(rowOf(userId, month), -micros);
    return null;
  }

  /** Corrects a reservation by the difference to what the analysis cost. */
  async settle(userId: string, month: string, differenceMicros: number): Promise<void> {
    if (differenceMicros === 0) return;
    await this.add(rowOf(userId, month), differenceMicros);
    await this.add(rowOf(INSTALLATION, month), differenceMicros);
  }

  /** Returns what a user has spent or reserved this month, and what is left of both budgets. */
  async read(userId: string, now = new Date()): Promise<{ spentMicros: number; leftMicros: number }> {
    const month = monthOf(now);
    const [user, all] = await Promise.all([
      this.dynamo.get<SpentRow>('media', rowOf(userId, month)),
      this.dynamo.get<SpentRow>('media', rowOf(INSTALLATION, month)),
    ]);
    const spentMicros = user?.micros ?? 0;
    const leftMicros = Math.min(this.limits.user - spentMicros, this.limits.all - (all?.micros ?? 0));
    return { spentMicros, leftMicros: Math.max(0, leftMicros) };
  }

  /** Returns what all users together have spent or reserved this month, and the budget, in US dollars. */
  async readInstallation(now = new Date()): Promise<{ spentUsd: number; budgetUsd: number }> {
    const all = await this.dynamo.get<SpentRow>('media', rowOf(INSTALLATION, monthOf(now)));
    return { spentUsd: (all?.micros ?? 0) / MICROS, budgetUsd: this.limits.all / MICROS };
  }

  private async add(key: Key, micros: number, limit?: number): Promise<boolean> {
    if (limit !== undefined && micros > limit) return false;
    const when = limit === undefined ? undefined : any(missing('micros'), atMost('micros', limit - micros));
    const change = { set: [['schemaVersion', 1] as const], add: [['micros', micros] as const], ...(when && { when }) };
    return (await this.dynamo.update('media', key, change)) !== null;
  }
}
