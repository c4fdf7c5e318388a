import { Injectable } from '@nestjs/common';
import type { Erased } from '#contracts';
import { Sessions } from '#nest';
import { all, atMost, Dynamo, equals, exists, JobQueue, missing, shards } from '#platform';
import { erasingServices, userKey, type ErasingService, type UserItem } from './user.item';
import { UsersRepository } from './users.repository';

/**
 * Deletes an account as one tracked item: marked at once, then each service erases what it owns and reports, then the
 * account goes. Every step may be repeated, and the sweeper repeats them until all is done.
 */
@Injectable()
export class ErasureService {
  constructor(
    private readonly dynamo: Dynamo,
    private readonly queue: JobQueue,
    private readonly users: UsersRepository,
    private readonly sessions: Sessions,
  ) {}

  /** @returns false when the password was changed meanwhile. */
  async request(user: UserItem): Promise<boolean> {
    if (!(await this.users.markDeleted(user))) return false;
    await this.advance(user.id).catch(() => {}); // it is decided; the sweeper goes on
    return true;
  }

  /** Keeps the first report of each service: a repeat finds nothing left and would count zero. */
  async record({ userId, service, counts }: Erased): Promise<void> {
    await this.dynamo.update('users', userKey(userId), { set: [[['receipts', service], counts]], when: all(exists('deletedAt'), missing(['receipts', service])) });
    await this.finish(userId);
  }

  /** Goes on with every erasure that began before `before`. @returns how many there are. */
  async resume(before: string): Promise<number> {
    let open = 0;
    for (const shard of shards) {
      const due = this.dynamo.queryAll<{ pk: string }>('users', { index: 'open', where: all(equals('openShard', shard), atMost('openAt', before)) });
      for await (const { pk } of due) {
        await this.advance(pk.slice('user#'.length));
        open += 1;
      }
    }
    return open;
  }

  private async advance(userId: string): Promise<void> {
    if (await this.finish(userId)) return;
    await this.sessions.endAll(userId);
    await Promise.all([this.queue.send('eraseMedia', { userId }), this.queue.send('eraseNotifications', { userId })]);
  }

  /** The names are freed after everything else is gone, and nothing personal stays. @returns false while something is left to do. */
  private async finish(userId: string): Promise<boolean> {
    const user = await this.dynamo.get<UserItem>('users', userKey(userId));
    if (!user?.deletedAt) return true;
    const counts = user.receipts ?? {};
    const isErased = erasingServices.every((service: ErasingService) => counts[service]);
    if (!isErased || Object.keys(user.pending).length > 0) return false; // its last events are still to be delivered
    await this.sessions.endAll(userId);
    const receipt = { pk: `receipt#${userId}`, schemaVersion: 1, counts, requestedAt: user.deletedAt, finishedAt: new Date().toISOString() };
    await this.dynamo.put('users', receipt, missing('pk'));
    await this.users.release(user);
    await this.dynamo.delete('users', userKey(userId), exists('deletedAt'));
    return true;
  }
}
