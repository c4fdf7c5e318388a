import type { CanaryView } from '#contracts';
import { DependencyUnavailableError, type Dynamo } from '#platform';

interface CanaryRow {
  /** ISO time. */
  startedAt: string;
  last: NonNullable<CanaryView['last']> | null;
}

const key = { pk: 'canary', sk: 'latest' };
/** How long a run may take: files wait in the queues like those of users. */
export const CANARY_RUN_MS = 3 * 60_000;

/** The latest run of the canary, in one row for all processes. */
export class CanaryLog {
  constructor(
    private readonly dynamo: Dynamo,
    private readonly everyMinutes: number,
  ) {}

  /** `down` when the latest run has failed, or when runs have stopped; `off` before the first run. */
  async read(now = Date.now()): Promise<CanaryView> {
    const row = await this.dynamo.get<CanaryRow>('admin', key);
    const startedAt = Date.parse(row?.startedAt ?? '');
    const last = row?.last ?? null;
    const running = now - startedAt < CANARY_RUN_MS && (last === null || Date.parse(last.at) < startedAt);
    const isLate = this.everyMinutes > 0 && now - startedAt > this.everyMinutes * 60_000 + 2 * CANARY_RUN_MS;
    const isDown = isLate || (last?.results.some(({ ok }) => !ok) ?? false);
    const state = isDown ? 'down' : last ? 'ok' : 'off';
    return { state, running, everyMinutes: this.everyMinutes, last };
  }

  /** Rejects when the latest run has failed, but not while the table is unavailable: that is another check. */
  async check(): Promise<void> {
    const view = await this.read().catch((error: unknown) => {
      if (!(error instanceof DependencyUnavailableError)) throw error;
    });
    if (view?.state !== 'down') return;
    throw new Error(`the canary failed: ${JSON.stringify(view.last?.results)}`);
  }

  async begin(now = new Date()): Promise<void> {
    await this.dynamo.update('admin', key, {
      set: [
        ['startedAt', now.toISOString()],
        ['schemaVersion', 1],
      ],
    });
  }

  async record(results: NonNullable<CanaryView['last']>['results'], now = new Date()): Promise<void> {
    await this.dynamo.update('admin', key, { set: [['last', { at: now.toISOString(), results }]] });
  }
}
