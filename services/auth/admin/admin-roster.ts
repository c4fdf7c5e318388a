import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import { all, any, CONFIG, Dynamo, exists, missing, sizeAbove, sizeIs, userIdOf } from '#platform';

interface Roster {
  /** The ids of admins that can log in. */
  ids: Record<string, true>;
}

const key = { pk: 'admins', sk: 'roster' };

/**
 * The ids of all admins that can log in, in one row, so that one conditional write decides whether one of them is the
 * last. The role itself is a field of the account. An account enters the roster after it has become an admin and leaves
 * it before it ceases to be one: after a crash in between, the roster holds too few, never too many.
 */
@Injectable()
export class AdminRoster {
  constructor(
    private readonly dynamo: Dynamo,
    @Inject(CONFIG) private readonly config: Pick<Config, 'mode'>,
  ) {}

  /**
   * Enters a new account as the first admin of an empty installation in local mode. Of any number of calls at once, one
   * succeeds. The table is scanned only while there is no admin. Elsewhere operators name the first admin: an address
   * that is public before its owner has registered would make anyone the admin.
   */
  async enterFirst(userId: string): Promise<boolean> {
    if (this.config.mode !== 'local') return false;
    const roster = await this.dynamo.get<Roster>('admin', key);
    if (roster && Object.keys(roster.ids).length > 0) return false;
    if (await this.hasAccounts()) return false;
    const row = { ...key, schemaVersion: 1, ids: { [userId]: true } };
    return this.dynamo.put('admin', row, any(missing('pk'), sizeIs('ids', 0)));
  }

  /** Enters an account that has become an admin. Idempotent. */
  async enter(userId: string): Promise<void> {
    await this.dynamo.put('admin', { ...key, schemaVersion: 1, ids: {} }, missing('pk'));
    await this.dynamo.update('admin', key, { set: [[['ids', userId], true]], when: exists('ids') });
  }

  /** Removes an account. Idempotent. @returns false when it is the last one */
  async leave(userId: string): Promise<boolean> {
    const path = ['ids', userId];
    const left = await this.dynamo.update('admin', key, {
      remove: [path],
      when: all(exists(path), sizeAbove('ids', 1)),
    });
    if (left) return true;
    const roster = await this.dynamo.get<Roster>('admin', key);
    return !roster?.ids[userId];
  }

  /** Removes an account even when it is the last one, because it does not exist any more. Idempotent. */
  async discard(userId: string): Promise<void> {
    await this.dynamo.update('admin', key, { remove: [['ids', userId]], when: exists('ids') });
  }

  private async hasAccounts(): Promise<boolean> {
    for await (const { pk } of this.dynamo.scan<{ pk: string }>('users', ['pk'])) if (userIdOf(pk)) return true;
    return false;
  }
}
