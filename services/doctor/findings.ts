import { isCanary, isComplete, type Drift, type StoredFolder } from '#media';

/** Bytes are written before their item: younger ones may belong to an upload in progress. */
const UPLOAD_GRACE_MS = 3_600_000;

/** Events that were not confirmed in time. */
export interface UnconfirmedEvents {
  count: number;
  /** ISO time of the oldest. */
  since: string;
}

/** Reports files that no item references. */
export function orphanFinding(folder: StoredFolder, now: Date): string[] {
  const { prefix, userId, mediaId, files } = folder;
  const bytes = Object.values(files).reduce((sum, size) => sum + size, 0);
  if (userId && isComplete(folder)) {
    return [
      `Files without an item: ${prefix} (${bytes} bytes) is medium ${mediaId} of user ${userId}, which the table ` +
        'does not contain. `npm run doctor -- rebuild` recreates its item.',
    ];
  }
  if (folder.modifiedAt.getTime() > now.getTime() - UPLOAD_GRACE_MS) return [];
  return [
    `Files without an item: ${prefix} (${bytes} bytes) belongs to an abandoned upload or delivery. ` +
      'The daily sweep of the workers erases it.',
  ];
}

/** Reports media whose owner has no account. */
export function ownerFindings(owners: ReadonlyMap<string, number>, accounts: ReadonlySet<string>): string[] {
  const lost = [...owners].filter(([userId]) => !accounts.has(userId) && !isCanary(userId));
  if (accounts.size === 0 && lost.length > 0) {
    const media = lost.reduce((sum, [, count]) => sum + count, 0);
    return [
      `The users table has no account, but there are ${media} media of ${lost.length} users: it was lost. ` +
        'Accounts cannot be rebuilt from files; restore a backup (npm run restore).',
    ];
  }
  return lost.map(([userId, count]) => `User ${userId} has ${count} media, but no account: no one can access them.`);
}

export function eventFinding({ count, since }: UnconfirmedEvents): string[] {
  return count === 0
    ? []
    : [
        `${count} events are not confirmed, the oldest of ${since}: is the notification service running, and does ` +
          'the alerts topic accept messages?',
      ];
}

/** Reports deliveries of webhooks that are overdue, given the times at which they were due. */
export function deliveryFinding(overdue: readonly string[]): string[] {
  const [oldest] = overdue.toSorted();
  return oldest === undefined
    ? []
    : [
        `${overdue.length} deliveries of webhooks are overdue, the oldest since ${oldest}: is the notification ` +
          'service running, and is Redis available?',
      ];
}

/** Reports webhooks and deliveries whose owner has no account. */
export const webhookFindings = (owners: ReadonlyMap<string, number>, accounts: ReadonlySet<string>): string[] =>
  [...owners]
    .filter(([userId]) => !accounts.has(userId))
    .map(([userId, count]) => `User ${userId} has ${count} rows of webhooks, but no account: delete them.`);

export function driftFinding({ userId, row, is, shouldBe }: Drift): string {
  const wrong = Object.entries(shouldBe).filter(([name, value]) => is[name as keyof typeof is] !== value);
  const sentence = wrong
    .map(([name, value]) => `${name} is ${is[name as keyof typeof is]} instead of ${value}`)
    .join(', ');
  return `The counts of user ${userId} are wrong (${row}: ${sentence}). The daily sweep of the workers corrects them.`;
}
