import { Injectable } from '@nestjs/common';
import type { Erased, EraseOwned } from '#contracts';
import { Sessions } from '#nest';
import {
  all,
  atMost,
  Dynamo,
  equals,
  exists,
  JobQueue,
  missing,
  shardOf,
  shards,
  type OutboxFields,
  receiptKey,
  userKey,
} from '#platform';
import { erasingServices, type ErasingService, type UserItem } from './user.item';
import { UsersRepository } from './users.repository';

/** By then nothing that was under way at the deletion can still arrive: every service erases once more. */
const FINAL_AFTER_MS = 25 * 3_600_000;

/** What stays of an account: that it was erased, and how much. No name, no address; and its last events, until they are delivered. */
interface Receipt extends Partial<OutboxFields> {
  pk: string;
  schemaVersion: 1;
  counts: Record<string, Record<string, number>>;
  requestedAt: string;
  finishedAt: string;
  /** With events alone: nobody is left to be told of them. */
  deletedAt?: string;
  /** Who erased for the second time; gone with `open…` when all did. */
  finally?: Record<string, true>;
  openShard?: string;
  openAt?: string;
}

/** Where each service is asked. */
const erasureQueues = { media: 'eraseMedia', notification: 'eraseNotifications' } as const satisfies Record<
  ErasingService,
  string
>;

/**
 * Deletes an account as one tracked item: marked at once, then each service reports what it owns; once that is written down
 * it is asked to erase it, and reports that it did; then the account goes. Every step may be repeated, and the sweeper
 * repeats them until all is done.
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
    if (!(await this.users.markDeleted(user, { sessions: await this.sessions.count(user.id) }))) return false;
    await this.advance(user.id).catch(() => {}); // it is decided; the sweeper goes on
    return true;
  }

  /** Keeps the first counts of each service: a repeat finds less, or nothing. */
  async record({ userId, service, counts, done }: Erased): Promise<void> {
    const path = ['receipts', service];
    if (!done) {
      await this.dynamo.update('users', userKey(userId), {
        set: [[path, { counts, done }]],
        when: all(exists('deletedAt'), missing(path)),
      });
      return this.askNext(userId);
    }
    await this.dynamo.update('users', userKey(userId), { set: [[[...path, 'done'], true]], when: exists(path) });
    if (!(await this.finish(userId))) return this.askNext(userId);
    await this.recordFinal(userId, service);
  }

  /** Goes on with every erasure that is due since `before`, until `signal` says that it is enough. @returns how many there were. */
  async resume(before: string, signal?: AbortSignal): Promise<number> {
    let open = 0;
    for (const shard of shards) {
      const due = this.dynamo.queryAll<{ pk: string }>('users', {
        index: 'open',
        where: all(equals('openShard', shard), atMost('openAt', before)),
      });
      for await (const { pk } of due) {
        if (signal?.aborted) return open;
        const [kind, userId = ''] = pk.split('#');
        await (kind === 'receipt' ? this.askAll({ userId, final: true }) : this.advance(userId));
        open += 1;
      }
    }
    return open;
  }

  private async advance(userId: string): Promise<void> {
    if (await this.finish(userId)) return;
    await this.sessions.endAll(userId);
    const receipts = (await this.dynamo.get<UserItem>('users', userKey(userId)))?.receipts ?? {};
    for (const service of erasingServices) if (!receipts[service]) await this.ask(service, { userId, counted: false });
    await this.askNext(userId);
  }

  /** Everybody counts at once, but they erase one after the other: what is erased first makes no work for the next. */
  private async askNext(userId: string): Promise<void> {
    const receipts = (await this.dynamo.get<UserItem>('users', userKey(userId)))?.receipts ?? {};
    const next = erasingServices.find((service) => !receipts[service]?.done);
    if (next && receipts[next]) await this.ask(next, { userId, counted: true });
  }

  /** The names are freed after everything else is gone, and nothing personal stays. @returns false while something is left to do. */
  private async finish(userId: string): Promise<boolean> {
    const user = await this.dynamo.get<UserItem>('users', userKey(userId));
    if (!user?.deletedAt) return true;
    const receipts = user.receipts ?? {};
    const isErased = erasingServices.every((service) => receipts[service]?.done);
    if (!isErased) return false;
    await this.sessions.endAll(userId);
    const finishedAt = new Date();
    const counts = Object.fromEntries(Object.entries(receipts).map(([service, receipt]) => [service, receipt.counts]));
    const open = {
      finally: {},
      openShard: shardOf(userId),
      openAt: new Date(finishedAt.getTime() + FINAL_AFTER_MS).toISOString(),
    };
    const { pending, outboxShard, outboxAt } = user;
    const isTold = Object.keys(pending).length === 0; // a topic that is away keeps alerts waiting, not the names
    const undelivered = isTold
      ? {}
      : { pending, deletedAt: user.deletedAt, ...(outboxShard && { outboxShard }), ...(outboxAt && { outboxAt }) };
    const receipt: Receipt = {
      ...receiptKey(userId),
      schemaVersion: 1,
      counts,
      requestedAt: user.deletedAt,
      finishedAt: finishedAt.toISOString(),
      ...open,
      ...undelivered,
    };
    await this.dynamo.put('users', { ...receipt }, missing('pk'));
    await this.users.release(user);
    await this.dynamo.delete('users', userKey(userId), exists('deletedAt'));
    return true;
  }

  private async askAll(request: Omit<EraseOwned, 'counted'>): Promise<void> {
    await Promise.all(erasingServices.map((service) => this.ask(service, { ...request, counted: true })));
  }

  private ask(
    service: ErasingService,
    { userId, counted, final = false }: Pick<EraseOwned, 'userId' | 'counted'> & Partial<EraseOwned>,
  ): Promise<void> {
    return this.queue.send(erasureQueues[service], { userId, counted, final });
  }

  /** A report of the second erasure: nothing but the receipt is left once every service has sent one. */
  private async recordFinal(userId: string, service: string): Promise<void> {
    const isDue = all(exists('finally'), atMost('openAt', new Date().toISOString()));
    const receipt = await this.dynamo.update<Receipt>('users', receiptKey(userId), {
      set: [[['finally', service], true]],
      when: isDue,
    });
    if (!receipt || !erasingServices.every((each) => receipt.finally?.[each])) return;
    await this.dynamo.update('users', receiptKey(userId), {
      remove: ['finally', 'openShard', 'openAt'],
      when: exists('finally'),
    });
  }
}
