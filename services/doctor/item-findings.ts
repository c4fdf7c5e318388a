import { analyserNames, derivedFiles, type AnalyserName } from '#contracts';
import {
  derivedFolder,
  openAnalyses,
  originalFolder,
  originalKey,
  resultName,
  sidecarKey,
  type MediaItem,
} from '#media';

const MINUTE_MS = 60_000;
/** The sweep runs every few seconds: what it has not repaired by then, it cannot repair. */
const OVERDUE_MS = 2 * MINUTE_MS;
const DELETION_OVERDUE_MS = 15 * MINUTE_MS;

/** File sizes in bytes by name; empty for a missing folder. */
export type FilesOf = (prefix: string) => Record<string, number>;

const nameOf = ({ id, userId, title }: Pick<MediaItem, 'id' | 'userId' | 'title'>) =>
  `Medium ${id} (“${title}”, user ${userId})`;

/** Reports missing or wrong files of a medium. */
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
    findings.push('has no about.json beside its original: if the table is lost, its item cannot be rebuilt');
  const missing = derivedNames(item).filter((name) => !(name in filesOf(derivedFolder(item.id, item.derivedToken!))));
  const lost = analyserNames.filter((name) => hasLostResult(item, name, filesOf));
  if (lost.length > 0) findings.push(`has lost the results of ${lost.join(' and ')}: analyse it again`);
  if (missing.length > 0)
    findings.push(`has lost ${missing.join(' and ')}: upload the file again, or restore it from a backup`);
  return findings.map((finding) => `${nameOf(item)} ${finding}.`);
}

/** Reports a medium that is stuck. `isQueued` resolves to whether a waiting one has a job. */
export async function progressFindings(
  item: MediaItem,
  now: Date,
  isQueued: () => Promise<boolean>,
): Promise<string[]> {
  const before = (ms: number) => new Date(now.getTime() - ms).toISOString();
  if (item.deletedAt) {
    return item.deletedAt < before(DELETION_OVERDUE_MS)
      ? [
          `${nameOf(item)} was deleted at ${item.deletedAt} and is still not erased: is a worker running, and is the ` +
            'storage writable?',
        ]
      : [];
  }
  const isOverdue = item.openAt !== undefined && item.openAt < before(OVERDUE_MS);
  if (item.status === 'uploaded' && isOverdue && !(await isQueued())) {
    return [
      `${nameOf(item)} has waited since ${item.updatedAt} without a job: is a worker running? Its sweep adds one ` +
        'within seconds.',
    ];
  }
  if (item.status === 'processing' && isOverdue)
    return [
      `${nameOf(item)} has an expired lease (until ${item.leaseUntil}), and no other worker claimed it: ` +
        `is a worker for ${item.kind} running?`,
    ];
  if (item.openAt === undefined && openAnalyses(item.analyses).length > 0)
    return [`${nameOf(item)} waits to be analysed, but no sweep can find it: its index keys are missing.`];
  const isUnindexed = (item.status === 'uploaded' || item.status === 'processing') && item.openAt === undefined;
  return isUnindexed
    ? [`${nameOf(item)} is ${item.status}, but no sweep can find it: its index keys are missing.`]
    : [];
}

function hasLostResult({ id, analyses }: MediaItem, name: AnalyserName, filesOf: FilesOf): boolean {
  const token = analyses?.[name]?.resultToken;
  return Boolean(token) && !(resultName(name) in filesOf(derivedFolder(id, token!)));
}

function derivedNames({ derived, derivedToken, status }: MediaItem): string[] {
  if (status !== 'completed' || !derived || !derivedToken) return [];
  return derivedFiles(derived).map(({ name }) => name);
}
