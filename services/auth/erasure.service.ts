import { Injectable } from '@nestjs/common';
import type { Erased } from '#contracts';
import { Sessions } from '#nest';
import { all, atMost, Dynamo, equals, exists, JobQueue, missing, shardOf, shards } from '#platform';
import { erasingServices, userKey, type UserItem } from './user.item';
import { UsersRepository } from './users.repository';

/** By then nothing that was under way at the deletion can still arrive: every service erases once more. */
const FINAL_AFTER_MS = 25 * 3_600_000;

/** What stays of an account: that it was erased, and how much. No name, no address. */
interface Receipt {
  pk: string;
  schemaVersion: 1;
  counts: Record<string, Record<string, number>>;
  requestedAt: string;
  finishedAt: string;
  /** Who erased for the second time; gone with `open…` when all did. */
  finally?: Record<string, true>;
  openShard?: string;
  openAt?: string;
}

const receiptKey = (userId: string) => ({ pk: `receipt#${userId}` });

/**
 * Deletes an account as one tracked item: marked at once, then each service reports what it owns, erases it, and reports
 * that it did; then the account goes. Every step may be repeated, and the sweeper repeats them until all is done.
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

  /** Keeps the first counts of each service: a repeat finds less, or nothing. */
  async record({ userId, service, counts, done }: Erased): Promise<void> {
    const path = ['receipts', service];
    await this.dynamo.update('users', userKey(userId), { set: [[path, { counts, done }]], when: all(exists('deletedAt'), missing(path)) });
    if (!done) return;
    await this.dynamo.update('users', userKey(userId), { set: [[[...path, 'done'], true]], when: exists(path) });
    if (!(await this.finish(userId))) return;
    await this.recordFinal(userId, service);
  }

  /** Goes on with every erasure that is due since `before`. @returns how many there are. */
  async resume(before: string): Promise<number> {
    let open = 0;
    for (const shard of shards) {
      const due = this.dynamo.queryAll<{ pk: string }>('users', { index: 'open', where: all(equals('openShard', shard), atMost('openAt', before)) });
      for await (const { pk } of due) {
        const [kind, userId = ''] = pk.split('#');
        await (kind === 'receipt' ? this.askServices(userId, true) : this.advance(userId));
        open += 1;
      }
    }
    return open;
  }

  private async advance(userId: string): Promise<void> {
    if (await this.finish(userId)) return;
    await this.sessions.endAll(userId);
    await this.askServices(userId, false);
  }

  /** The names are freed after everything else is gone, and nothing personal stays. @returns false while something is left to do. */
  private async finish(userId: string): Promise<boolean> {
    const user = await this.dynamo.get<UserItem>('users', userKey(userId));
    if (!user?.deletedAt) return true;
    const receipts = user.receipts ?? {};
    const isErased = erasingServices.every((service) => receipts[service]?.done);
    if (!isErased || Object.keys(user.pending).length > 0) return false; // its last events are still to be delivered
    await this.sessions.endAll(userId);
    const finishedAt = new Date();
    const counts = Object.fromEntries(erasingServices.map((service) => [service, receipts[service]!.counts]));
    const open = { finally: {}, openShard: shardOf(userId), openAt: new Date(finishedAt.getTime() + FINAL_AFTER_MS).toISOString() };
    const receipt: Receipt = { ...receiptKey(userId), schemaVersion: 1, counts, requestedAt: user.deletedAt, finishedAt: finishedAt.toISOString(), ...open };
    await this.dynamo.put('users', { ...receipt }, missing('pk'));
    await this.users.release(user);
    await this.dynamo.delete('users', userKey(userId), exists('deletedAt'));
    return true;
  }

  private async askServices(userId: string, final: boolean): Promise<void> {
    await Promise.all([this.queue.send('eraseMedia', { userId, final }), this.queue.send('eraseNotifications', { userId, final })]);
  }

  /** A report of the second erasure: nothing but the receipt is left once every service has sent one. */
  private async recordFinal(userId: string, service: string): Promise<void> {
    const isDue = all(exists('finally'), atMost('openAt', new Date().toISOString()));
    const receipt = await this.dynamo.update<Receipt>('users', receiptKey(userId), { set: [[['finally', service], true]], when: isDue });
    if (!receipt || !erasingServices.every((each) => receipt.finally?.[each])) return;
    await this.dynamo.update('users', receiptKey(userId), { remove: ['finally', 'openShard', 'openAt'], when: exists('finally') });
  }
}
