import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { mediaKey } from '#contracts';
import {
  foldersNamedBy,
  MediaRecount,
  MediaRepository,
  StoredFolders,
  type MediaItem,
  type StoredFolder,
  parsePartitionKey,
} from '#media';
import { DependencyUnavailableError, Dynamo, JobQueue, userIdOf } from '#platform';
import { driftFinding, eventFinding, ownerFindings, strayFinding, type OldEvents } from './findings';
import { fileFindings, progressFindings } from './item-findings';

const UNCONFIRMED_MS = 2 * 60_000;
const REDIS_PATIENCE_MS = 5_000;

interface Account {
  pk: string;
  deletedAt?: string;
  pending?: MediaItem['pending'];
}

/** What the table said, as far as later questions need it. */
interface Seen {
  users: Set<string>;
  /** How many media each owner has. */
  owners: Map<string, number>;
  named: Set<string>;
  events: OldEvents;
}

/** Compares table, storage and queue, and says in plain words what is wrong. Changes nothing; what it finds while the product runs it looks at twice. */
@Injectable()
export class Doctor {
  constructor(
    private readonly dynamo: Dynamo,
    private readonly queue: JobQueue,
    private readonly media: MediaRepository,
    private readonly folders: StoredFolders,
    private readonly recount: MediaRecount,
  ) {}

  /** A sentence for each thing that is wrong. */
  async *examine(now = new Date()): AsyncGenerator<string> {
    if (!(await this.redisAnswers()))
      yield 'Redis does not answer: nobody can log in, and nothing is processed. Whether waiting media have jobs was not looked at.';
    const stored = new Map<string, StoredFolder>();
    for (const root of ['originals', 'derived'] as const)
      for await (const folder of this.folders.below(root)) stored.set(folder.prefix, folder);
    const seen: Seen = { users: new Set(), owners: new Map(), named: new Set(), events: { count: 0, since: '' } };
    for await (const row of this.dynamo.scan<MediaItem>('media')) {
      const { userId, partition } = parsePartitionKey(row.userId);
      seen.users.add(userId);
      for (const prefix of foldersNamedBy(row)) seen.named.add(prefix);
      if (partition) continue;
      seen.owners.set(userId, (seen.owners.get(userId) ?? 0) + 1);
      this.meetEvents(row, seen, now);
      yield* await this.judgeItem(row, stored, now);
    }
    for (const folder of stored.values()) if (!seen.named.has(folder.prefix)) yield* await this.judgeStray(folder, now);
    yield* ownerFindings(seen.owners, await this.accounts(seen, now));
    yield* eventFinding(seen.events);
    for (const userId of seen.users) yield* ((await this.recount.compare(userId)) ?? []).map(driftFinding);
  }

  private async judgeItem(item: MediaItem, stored: ReadonlyMap<string, StoredFolder>, now: Date): Promise<string[]> {
    const isSuspicious = fileFindings(item, (prefix) => stored.get(prefix)?.files ?? {}).length > 0;
    const files = isSuspicious ? await this.judgeFilesAgain(item) : [];
    return [...files, ...(await progressFindings(item, now, () => this.isQueued(item)))];
  }

  /** It may have been uploaded, processed or deleted since the storage was listed. */
  private async judgeFilesAgain({ userId, id }: MediaItem): Promise<string[]> {
    const item = await this.media.get({ userId, id });
    if (!item) return [];
    const files = new Map<string, Record<string, number>>();
    for (const prefix of foldersNamedBy(item)) files.set(prefix, await this.folders.filesIn(prefix));
    return fileFindings(item, (prefix) => files.get(prefix) ?? {});
  }

  private async judgeStray(folder: StoredFolder, now: Date): Promise<string[]> {
    const { userId, mediaId } = folder;
    const isOwned = userId !== undefined && (await this.media.getEvenDeleted({ userId, id: mediaId })) !== null;
    return isOwned ? [] : strayFinding(folder, now);
  }

  private async redisAnswers(): Promise<boolean> {
    for (const deadline = Date.now() + REDIS_PATIENCE_MS; Date.now() < deadline; await sleep(100)) {
      if (
        await this.queue.check().then(
          () => true,
          () => false,
        )
      )
        return true;
    }
    return false;
  }

  private isQueued({ kind, id, round }: MediaItem): Promise<boolean> {
    return this.queue.has(kind, mediaKey({ mediaId: id, round })).catch((error: unknown) => {
      if (error instanceof DependencyUnavailableError) return true;
      throw error;
    });
  }

  private async accounts(seen: Seen, now: Date): Promise<Set<string>> {
    const accounts = new Set<string>();
    for await (const row of this.dynamo.scan<Account>('users', ['pk', 'deletedAt', 'pending'])) {
      const userId = userIdOf(row.pk);
      if (userId === null) continue;
      accounts.add(userId);
      this.meetEvents(row, seen, now);
    }
    return accounts;
  }

  private meetEvents({ pending = {} }: Pick<Account, 'pending'>, { events }: Seen, now: Date): void {
    const before = new Date(now.getTime() - UNCONFIRMED_MS).toISOString();
    for (const { occurredAt } of Object.values(pending)) {
      if (occurredAt > before) continue;
      events.count += 1;
      if (!events.since || occurredAt < events.since) events.since = occurredAt;
    }
  }
}
