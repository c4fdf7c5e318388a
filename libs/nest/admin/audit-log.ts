import type { AuditAction, AuditEntry, AuditList } from '#contracts';
import { all, below, Dynamo, equals, newId } from '#platform';
import { decodeCursor, encodeCursor } from '../http/cursor';
import { toProblem } from '../http/problem';

/** Who acts: an admin, or an operator on the command line (`id` null). `from`: the address of the request. */
export interface Actor {
  id: string | null;
  username: string;
  from: string;
}

export interface Act {
  action: AuditAction;
  target: AuditEntry['target'];
  details?: AuditEntry['details'];
}

interface AuditRow extends AuditEntry {
  pk: string;
  sk: string;
  schemaVersion: 1;
  /** Epoch seconds, for the table's time to live. */
  expiresAt: number;
}

const YEAR_SECONDS = 366 * 86_400;
/** The current month and all that may still hold an entry. */
const MONTHS = 14;

/**
 * Who did what to whom, when and from where. Entries are only ever added, and expire after a year. They are stored in
 * a partition for each month (one write unit each).
 */
export class AuditLog {
  constructor(private readonly dynamo: Dynamo) {}

  /**
   * Performs an act. Its entry is written before, so that none is performed without one; when it is refused, a second
   * entry says why.
   */
  async perform<T>(actor: Actor, act: Act, run: () => Promise<T>): Promise<T> {
    await this.append(actor, act, 'requested');
    try {
      return await run();
    } catch (error) {
      await this.append(actor, act, toProblem(error).code);
      throw error;
    }
  }

  /** Returns a page, newest first. @throws {ProblemError} validation_failed for a cursor that is none */
  async page(limit: number, cursor?: string): Promise<AuditList> {
    const before = cursor === undefined ? undefined : decodeCursor(cursor);
    const now = new Date();
    const items: AuditEntry[] = [];
    for (let month = 0; month < MONTHS && items.length <= limit; month += 1) {
      const pk = equals('pk', partitionOf(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - month))));
      const where = before ? all(pk, below('sk', before)) : pk;
      const page = await this.dynamo.query<AuditRow>('admin', {
        where,
        descending: true,
        limit: limit + 1 - items.length,
      });
      items.push(...page.items.map(toEntry));
    }
    const shown = items.slice(0, limit);
    return { items: shown, nextCursor: items.length > limit ? encodeCursor(shown.at(-1)!.id) : null };
  }

  private async append({ from, ...actor }: Actor, { action, target, details = {} }: Act, outcome: string) {
    const now = new Date();
    const id = newId();
    const row: AuditRow = {
      pk: partitionOf(now),
      sk: id,
      schemaVersion: 1,
      id,
      at: now.toISOString(),
      actor,
      action,
      target,
      from,
      details,
      outcome,
      expiresAt: Math.floor(now.getTime() / 1_000) + YEAR_SECONDS,
    };
    await this.dynamo.put('admin', { ...row });
  }
}

const partitionOf = (time: Date) => `audit#${time.toISOString().slice(0, 7)}`;

const toEntry = ({ id, at, actor, action, target, from, details, outcome }: AuditRow): AuditEntry => ({
  id,
  at,
  actor,
  action,
  target,
  from,
  details,
  outcome,
});
