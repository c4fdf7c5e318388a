import { Injectable } from '@nestjs/common';
import { mediaKey } from '#contracts';
import {
  foldersNamedBy,
  mediaRoots,
  MediaRecount,
  MediaRepository,
  StoredFolders,
  type MediaItem,
  type StoredFolder,
} from '#media';
import { DependencyUnavailableError, Dynamo, JobQueue, retry, userIdOf } from '#platform';
import {
  deliveryFinding,
  driftFinding,
  eventFinding,
  orphanFinding,
  ownerFindings,
  webhookFindings,
  type UnconfirmedEvents,
} from './findings';
import { fileFindings, progressFindings } from './item-findings';

const UNCONFIRMED_MS = 2 * 60_000;
const OVERDUE_MS = 10 * 60_000;
const REDIS_TIMEOUT_MS = 5_000;

interface Account {
  pk: string;
  deletedAt?: string;
  pending?: MediaItem['pending'];
}

/** What is collected while the tables are scanned. */
interface ScanState {
  users: Set<string>;
  /** Number of media by owner. */
  owners: Map<string, number>;
  referenced: Set<string>;
  events: UnconfirmedEvents;
}

/**
 * Compares table, storage and queue, and reports inconsistencies. Read-only. Findings are checked twice, because the
 * product may be running.
 */
@Injectable()
export class Doctor {
  constructor(
    private readonly dynamo: Dynamo,
    private readonly queue: JobQueue,
    private readonly media: MediaRepository,
    private readonly folders: StoredFolders,
    private readonly recount: MediaRecount,
  ) {}

  /** Yields one sentence for each problem. */
  async *examine(now = new Date()): AsyncGenerator<string> {
    if (!(await this.isRedisAvailable()))
      yield 'Redis is unavailable: logins fail, and nothing is processed. Jobs of waiting media were not checked.';
    const stored = new Map<string, StoredFolder>();
    for (const root of mediaRoots)
      for await (const folder of this.folders.below(root)) stored.set(folder.prefix, folder);
    const scan: ScanState = {
      users: new Set(),
      owners: new Map(),
      referenced: new Set(),
      events: { count: 0, since: '' },
    };
    for await (const { userId, folders, item } of this.folders.rows()) {
      scan.users.add(userId);
      for (const prefix of folders) scan.referenced.add(prefix);
      if (!item) continue;
      scan.owners.set(userId, (scan.owners.get(userId) ?? 0) + 1);
      this.collectEvents(item, scan, now);
      yield* await this.checkItem(item, stored, now);
    }
    for (const folder of stored.values())
      if (!scan.referenced.has(folder.prefix)) yield* await this.checkOrphan(folder, now);
    const accounts = await this.accounts(scan, now);
    yield* ownerFindings(scan.owners, accounts);
    yield* await this.checkWebhooks(accounts, now);
    yield* eventFinding(scan.events);
    for (const userId of scan.users) yield* ((await this.recount.compare(userId)) ?? []).map(driftFinding);
  }

  private async checkItem(item: MediaItem, stored: ReadonlyMap<string, StoredFolder>, now: Date): Promise<string[]> {
    const isSuspicious = fileFindings(item, (prefix) => stored.get(prefix)?.files ?? {}).length > 0;
    const files = isSuspicious ? await this.recheckFiles(item) : [];
    return [...files, ...(await progressFindings(item, now, () => this.isQueued(item)))];
  }

  /** Checks again, since the item may have been uploaded, processed or deleted after the storage was listed. */
  private async recheckFiles({ userId, id }: MediaItem): Promise<string[]> {
    const item = await this.media.get({ userId, id });
    if (!item) return [];
    const files = new Map<string, Record<string, number>>();
    for (const prefix of foldersNamedBy(item)) files.set(prefix, await this.folders.filesIn(prefix));
    return fileFindings(item, (prefix) => files.get(prefix) ?? {});
  }

  private async checkOrphan(folder: StoredFolder, now: Date): Promise<string[]> {
    const { userId, mediaId } = folder;
    const isOwned = userId !== undefined && (await this.media.getEvenDeleted({ userId, id: mediaId })) !== null;
    return isOwned ? [] : orphanFinding(folder, now);
  }

  private async isRedisAvailable(): Promise<boolean> {
    return retry(() => this.queue.check(), { everyMs: 100, forMs: REDIS_TIMEOUT_MS }).then(
      () => true,
      () => false,
    );
  }

  private isQueued({ kind, id, round }: MediaItem): Promise<boolean> {
    return this.queue.has(kind, mediaKey({ mediaId: id, round })).catch((error: unknown) => {
      if (error instanceof DependencyUnavailableError) return true;
      throw error;
    });
  }

  private async checkWebhooks(accounts: ReadonlySet<string>, now: Date): Promise<string[]> {
    const before = new Date(now.getTime() - OVERDUE_MS).toISOString();
    const owners = new Map<string, number>();
    const overdue: string[] = [];
    for await (const row of this.dynamo.scan<{ userId: string; openAt?: string }>('webhooks', ['userId', 'openAt'])) {
      const [owner = ''] = row.userId.split('#');
      owners.set(owner, (owners.get(owner) ?? 0) + 1);
      if (row.openAt && row.openAt < before) overdue.push(row.openAt);
    }
    return [...deliveryFinding(overdue), ...webhookFindings(owners, accounts)];
  }

  private async accounts(scan: ScanState, now: Date): Promise<Set<string>> {
    const accounts = new Set<string>();
    for await (const row of this.dynamo.scan<Account>('users', ['pk', 'deletedAt', 'pending'])) {
      const userId = userIdOf(row.pk);
      if (userId === null) continue;
      accounts.add(userId);
      this.collectEvents(row, scan, now);
    }
    return accounts;
  }

  private collectEvents({ pending = {} }: Pick<Account, 'pending'>, { events }: ScanState, now: Date): void {
    const before = new Date(now.getTime() - UNCONFIRMED_MS).toISOString();
    for (const { occurredAt } of Object.values(pending)) {
      if (occurredAt > before) continue;
      events.count += 1;
      if (!events.since || occurredAt < events.since) events.since = occurredAt;
    }
  }
}
