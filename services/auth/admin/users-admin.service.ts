import { Injectable } from '@nestjs/common';
import type { AdminUser, AdminUserChange, AdminUserList, AdminUsersQuery } from '#contracts';
import { MediaCounters } from '#media';
import { AuditLog, decodeCursor, encodeCursor, ProblemError, type Act, type Actor } from '#nest';
import type { UserItem } from '../user.item';
import { UsersRepository } from '../users.repository';
import { AccountChanges } from './account-changes';
import { UserDirectory } from './user-directory';

/** What an admin sees and changes of accounts. */
@Injectable()
export class UsersAdminService {
  constructor(
    private readonly directory: UserDirectory,
    private readonly users: UsersRepository,
    private readonly changes: AccountChanges,
    private readonly counters: MediaCounters,
    private readonly audit: AuditLog,
  ) {}

  async list({ limit, cursor, q = '' }: AdminUsersQuery): Promise<AdminUserList> {
    const before = cursor === undefined ? undefined : decodeCursor(cursor);
    const page = await this.directory.page(limit, q.toLowerCase(), before);
    const items = await Promise.all(page.items.map((user) => this.show(user)));
    return { items, nextCursor: page.lastId && encodeCursor(page.lastId) };
  }

  /**
   * Applies each part of a change, with an entry in the audit log for each.
   * @throws {ProblemError} not_found, last_admin, conflict
   */
  async change(admin: Actor, id: string, change: AdminUserChange): Promise<AdminUser> {
    const { role, disabled, quotaBytes } = change;
    let user = await this.find(id);
    const perform = async (act: Omit<Act, 'target'>, run: () => Promise<UserItem>) => {
      const target = { kind: 'user' as const, id, name: user.username };
      user = await this.audit.perform(admin, { ...act, target }, run);
    };
    if (role !== undefined && role !== user.role)
      await perform({ action: 'user.role', details: { from: user.role, to: role } }, () =>
        this.changes.setRole(user, role),
      );
    if (disabled !== undefined && disabled !== Boolean(user.disabledAt))
      await perform({ action: disabled ? 'user.disable' : 'user.enable' }, () =>
        this.changes.setDisabled(user, disabled),
      );
    if (quotaBytes !== undefined)
      await perform({ action: 'user.quota', details: { quotaBytes } }, async () => {
        await this.counters.setQuota(id, quotaBytes);
        return user;
      });
    return this.show(user);
  }

  /** Starts the erasure of an account. @throws {ProblemError} not_found, last_admin, conflict */
  async remove(admin: Actor, id: string): Promise<void> {
    const user = await this.find(id);
    const target = { kind: 'user' as const, id, name: user.username };
    await this.audit.perform(admin, { action: 'user.delete', target }, () => this.changes.remove(user));
  }

  private async find(id: string): Promise<UserItem> {
    const user = await this.users.find(id);
    if (user) return user;
    throw new ProblemError('not_found');
  }

  private async show(user: UserItem): Promise<AdminUser> {
    const { id, username, email, role, createdAt, disabledAt } = user;
    const { total: media, failed, bytes, quotaBytes } = await this.counters.read(id);
    return { id, username, email, role, createdAt, disabled: Boolean(disabledAt), quotaBytes, media, failed, bytes };
  }
}
