import { Injectable } from '@nestjs/common';
import type { Erased, EraseOwned, UserEvent } from '#contracts';
import { ApiKeys, Sessions } from '#nest';
import {
  all,
  atMost,
  Dynamo,
  exists,
  JobQueue,
  missing,
  shardOf,
  type OutboxFields,
  receiptKey,
  userKey,
} from '#platform';
import { erasingServices, type ErasingService, type UserItem } from './user.item';
import { UsersRepository } from './users.repository';

/** When every service erases again: by then no request that was in flight at the deletion can still write. */
const FINAL_AFTER_MS = 25 * 3_600_000;

/** What remains of a deleted account: counts, no personal data, and its last events until they are confirmed. */
interface Receipt extends Partial<OutboxFields> {
  pk: string;
  schemaVersion: 1;
  counts: Record<string, Record<string, number>>;
  requestedAt: string;
  finishedAt: string;
  /** Set only together with `pending`: consumers skip notifications for deleted accounts. */
  deletedAt?: string;
  /** Services that reported the second erasure; removed together with `open…` when all did. */
  finally?: Record<string, true>;
  openShard?: string;
  openAt?: string;
}

/** The queue of each service. */
const erasureQueues = { media: 'eraseMedia', notification: 'eraseNotifications' } as const satisfies Record<
  ErasingService,
  string
>;

/**
 * Deletes an account as one tracked item: it is marked as deleted, each service reports the counts of what it owns,
 * then erases it and reports again, and then the account is removed. Every step is idempotent, and the sweep repeats
 * them until all are done.
 */
@Injectable()
export class ErasureService {
  constructor(
    private readonly dynamo: Dynamo,
    private readonly queue: JobQueue,
    private readonly users: UsersRepository,
    private readonly sessions: Sessions,
    private readonly apiKeys: ApiKeys,
  ) {}

  /** Marks the account as deleted and starts the erasure. Returns false when the password was changed meanwhile. */
  async request(user: UserItem, event: UserEvent): Promise<boolean> {
    const counts = { sessions: await this.sessions.count(user.id) };
    if (!(await this.users.markDeleted(user, counts, event))) return false;
    await this.users.forget(user).catch(() => {}); // and again when it is erased
    await this.advance(user.id).catch(() => {}); // the deletion is durable: the sweep continues it
    return true;
  }

  /** Records a report. The first counts of each service are kept: a repeated delivery counts less, or nothing. */
  async record({ userId, service, counts, done }: Erased): Promise<void> {
    const path = ['receipts', service];
    if (!done) {
      await this.dynamo.update('users', userKey(userId), {
        set: [[path, { counts, done }]],
        when: all(exists('deletedAt'), missing(path)),
      });
      return this.enqueueNext(userId);
    }
    await this.dynamo.update('users', userKey(userId), { set: [[[...path, 'done'], true]], when: exists(path) });
    if (!(await this.finish(userId))) return this.enqueueNext(userId);
    await this.recordFinal(userId, service);
  }

  /** Resumes every erasure that was due at `before`, until `signal` aborts. Returns their number. */
  async resume(before: string, signal?: AbortSignal): Promise<number> {
    let open = 0;
    for await (const { pk } of this.dynamo.due<{ pk: string }>('users', 'open', new Date(before))) {
      if (signal?.aborted) return open;
      const [kind, userId = ''] = pk.split('#');
      await (kind === 'receipt' ? this.enqueueAll({ userId, final: true }) : this.advance(userId));
      open += 1;
    }
    return open;
  }

  private async advance(userId: string): Promise<void> {
    if (await this.finish(userId)) return;
    await this.sessions.endAll(userId);
    await this.apiKeys.endAllStreams(userId);
    const receipts = (await this.dynamo.get<UserItem>('users', userKey(userId)))?.receipts ?? {};
    for (const service of erasingServices)
      if (!receipts[service]) await this.enqueue(service, { userId, counted: false });
    await this.enqueueNext(userId);
  }

  /** Services count in parallel, but erase in sequence: erased media emit no more notifications to erase. */
  private async enqueueNext(userId: string): Promise<void> {
    const receipts = (await this.dynamo.get<UserItem>('users', userKey(userId)))?.receipts ?? {};
    const next = erasingServices.find((service) => !receipts[service]?.done);
    if (next && receipts[next]) await this.enqueue(next, { userId, counted: true });
  }

  /**
   * Replaces an erased account by its receipt; its names are released last.
   * Returns false while a service has not reported the erasure.
   */
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
    // an unavailable alerts topic delays the alerts, not the release of the names
    const isDelivered = Object.keys(pending).length === 0;
    const undelivered = isDelivered
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
    await this.users.forget(user);
    await this.dynamo.delete('users', userKey(userId), exists('deletedAt'));
    return true;
  }

  private async enqueueAll(request: Omit<EraseOwned, 'counted'>): Promise<void> {
    await Promise.all(erasingServices.map((service) => this.enqueue(service, { ...request, counted: true })));
  }

  private enqueue(
    service: ErasingService,
    { userId, counted, final = false }: Pick<EraseOwned, 'userId' | 'counted'> & Partial<EraseOwned>,
  ): Promise<void> {
    return this.queue.send(erasureQueues[service], { userId, counted, final });
  }

  /** Records a report of the second erasure; after the last one only the receipt remains. */
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
