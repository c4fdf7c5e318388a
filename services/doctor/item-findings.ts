import { derivedFiles } from '#contracts';
import { derivedFolder, originalFolder, originalKey, sidecarKey, type MediaItem } from '#media';

const MINUTE_MS = 60_000;
/** The sweeper looks every few seconds; what it has not mended by now it does not mend. */
const OVERDUE_MS = 2 * MINUTE_MS;
const DELETION_MS = 15 * MINUTE_MS;

/** Bytes of the files in a folder, by name; an absent folder has none. */
export type FilesOf = (prefix: string) => Record<string, number>;

const nameOf = ({ id, userId, title }: Pick<MediaItem, 'id' | 'userId' | 'title'>) =>
  `Medium ${id} (“${title}”, user ${userId})`;

/** What is wrong with the files of a medium, in plain words. */
export function fileFindings(item: MediaItem, filesOf: FilesOf): string[] {
  if (item.deletedAt) return [];
  const folder = originalFolder(item);
  const files = filesOf(folder);
  const sizeBytes = files[originalKey(item).slice(folder.length)];
  const findings: string[] = [];
  if (sizeBytes === undefined) findings.push('has no original: upload the file again, or restore it from a backup');
  else if (sizeBytes !== item.sizeBytes)
    findings.push(`has an original of ${sizeBytes} bytes instead of ${item.sizeBytes}: restore it from a backup`);
  if (!(sidecarKey(item).slice(folder.length) in files))
    findings.push('has no about.json beside its original: if the table is lost, it can not be rebuilt');
  const missing = derivedNames(item).filter((name) => !(name in filesOf(derivedFolder(item.id, item.derivedToken!))));
  if (missing.length > 0)
    findings.push(`has lost ${missing.join(' and ')}: upload the file again, or restore it from a backup`);
  return findings.map((finding) => `${nameOf(item)} ${finding}.`);
}

/** What is stuck about a medium. Whether a waiting one has a job is for the caller to ask: `isQueued`. */
export async function progressFindings(
  item: MediaItem,
  now: Date,
  isQueued: () => Promise<boolean>,
): Promise<string[]> {
  const before = (ms: number) => new Date(now.getTime() - ms).toISOString();
  if (item.deletedAt) {
    return item.deletedAt < before(DELETION_MS)
      ? [
          `${nameOf(item)} was deleted at ${item.deletedAt} and is still not gone: does a worker run, and is storage writable?`,
        ]
      : [];
  }
  const isOverdue = item.openAt !== undefined && item.openAt < before(OVERDUE_MS);
  if (item.status === 'uploaded' && isOverdue && !(await isQueued())) {
    return [
      `${nameOf(item)} waits since ${item.updatedAt} and has no job: a worker that runs gives it one within seconds.`,
    ];
  }
  if (item.status === 'processing' && isOverdue)
    return [
      `${nameOf(item)} was held by a worker that died (lease until ${item.leaseUntil}), and no other took it: does a worker for ${item.kind} run?`,
    ];
  const isForgotten = (item.status === 'uploaded' || item.status === 'processing') && item.openAt === undefined;
  return isForgotten ? [`${nameOf(item)} is ${item.status}, but no sweeper can find it: its index keys are gone.`] : [];
}

function derivedNames({ derived, derivedToken, status }: MediaItem): string[] {
  if (status !== 'completed' || !derived || !derivedToken) return [];
  return derivedFiles(derived).map(({ name }) => name);
}
