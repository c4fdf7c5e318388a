import { isComplete, type Drift, type StoredFolder } from '#media';

/** Bytes arrive before their item does: an upload may be under way. */
const UNDER_WAY_MS = 3_600_000;

/** Events that nobody confirmed in time. */
export interface OldEvents {
  count: number;
  /** ISO time of the oldest. */
  since: string;
}

/** Bytes that no item names. */
export function strayFinding(folder: StoredFolder, now: Date): string[] {
  const { prefix, userId, mediaId, files } = folder;
  const bytes = Object.values(files).reduce((sum, size) => sum + size, 0);
  if (userId && isComplete(folder)) {
    return [
      `Files without an item: ${prefix} (${bytes} bytes) is medium ${mediaId} of user ${userId}, which the table does not know. \`npm run doctor -- rebuild\` makes its item again.`,
    ];
  }
  if (folder.modifiedAt.getTime() > now.getTime() - UNDER_WAY_MS) return [];
  return [
    `Files without an item: ${prefix} (${bytes} bytes) is left of something that was given up. The daily sweep of the workers erases it.`,
  ];
}

/** Media whose account is not there. */
export function ownerFindings(owners: ReadonlyMap<string, number>, accounts: ReadonlySet<string>): string[] {
  const lost = [...owners].filter(([userId]) => !accounts.has(userId));
  if (accounts.size === 0 && lost.length > 0) {
    const media = lost.reduce((sum, [, count]) => sum + count, 0);
    return [
      `The users table has no account, but there are ${media} media of ${lost.length} users: it was lost. Accounts can not be rebuilt from files; restore a backup (npm run restore).`,
    ];
  }
  return lost.map(([userId, count]) => `User ${userId} has ${count} media, but no account: nobody can see them.`);
}

export function eventFinding({ count, since }: OldEvents): string[] {
  return count === 0
    ? []
    : [
        `${count} events are not confirmed, the oldest of ${since}: does the notification service run, and does the alerts topic take messages?`,
      ];
}

export function driftFinding({ userId, row, is, shouldBe }: Drift): string {
  const wrong = Object.entries(shouldBe).filter(([name, value]) => is[name as keyof typeof is] !== value);
  const sentence = wrong
    .map(([name, value]) => `${name} is ${is[name as keyof typeof is]} instead of ${value}`)
    .join(', ');
  return `The counts of user ${userId} are wrong (${row}: ${sentence}). The daily sweep of the workers corrects them.`;
}
