import { Injectable } from '@nestjs/common';
import type { User } from '#contracts';
import { ApiKeys, ProblemError, Sessions } from '#nest';
import { ErasureService } from '../erasure.service';
import { accountMail, userEvent } from '../user-events';
import type { UserItem } from '../user.item';
import { UsersRepository } from '../users.repository';
import { AdminRoster } from './admin-roster';

/** Changes of an account by an admin or an operator. The last admin that can log in always remains one. */
@Injectable()
export class AccountChanges {
  constructor(
    private readonly users: UsersRepository,
    private readonly roster: AdminRoster,
    private readonly sessions: Sessions,
    private readonly apiKeys: ApiKeys,
    private readonly erasure: ErasureService,
  ) {}

  /** Acts at once: the role is read from the account. @throws {ProblemError} last_admin, conflict */
  async setRole(user: UserItem, role: User['role']): Promise<UserItem> {
    if (role === 'user') await this.leaveRoster(user);
    const changed = (await this.users.setRole(user.id, role)) ?? conflict();
    if (role === 'admin' && !user.disabledAt) await this.roster.enter(user.id);
    return changed;
  }

  /**
   * A disabled account cannot log in, its API keys are refused, and its sessions and event streams end.
   * @throws {ProblemError} last_admin, conflict
   */
  async setDisabled(user: UserItem, isDisabled: boolean): Promise<UserItem> {
    if (isDisabled) await this.leaveRoster(user);
    const changed = (await this.users.setDisabled(user.id, isDisabled)) ?? conflict();
    if (!isDisabled && user.role === 'admin') await this.roster.enter(user.id);
    if (!isDisabled) return changed;
    await this.sessions.endAll(user.id);
    await this.apiKeys.endAllStreams(user.id);
    return changed;
  }

  /** @throws {ProblemError} last_admin, conflict */
  async remove(user: UserItem): Promise<void> {
    await this.leaveRoster(user);
    const event = userEvent(user.id, 'user.deleted', accountMail(user)); // a sweep announces it
    if (!(await this.erasure.request(user, event))) conflict();
  }

  private async leaveRoster({ id, role }: UserItem): Promise<void> {
    if (role === 'admin' && !(await this.roster.leave(id))) throw new ProblemError('last_admin');
  }
}

function conflict(): never {
  throw new ProblemError('conflict');
}
