import type { Notification } from '#contracts';

/** Notifications shown as one entry: those of one drop, or a single one. */
export interface NoteGroup {
  /** Stays the same while the group grows. */
  key: string;
  /** All of them, newest first. */
  notes: readonly Notification[];
  /** The newest notification of each medium: failures first, then by time. */
  latest: readonly Notification[];
  ready: number;
  failed: number;
  /** Media that are being retried. */
  moving: number;
  /** Ids of failed media that a retry may fix. */
  retryable: readonly string[];
  unread: readonly string[];
}

/** Groups by drop, newest first. `moving`: media that are being retried, whose older notifications are outdated. */
export function groupNotes(notes: Iterable<Notification>, moving: ReadonlySet<string>): NoteGroup[] {
  const sorted = [...notes].toSorted((a, b) => (a.id < b.id ? 1 : -1));
  const byDrop = Map.groupBy(sorted, ({ id, batchId }) => batchId ?? id);
  return [...byDrop].map(([key, group]) => describe(key, group, moving));
}

function describe(key: string, notes: Notification[], moving: ReadonlySet<string>): NoteGroup {
  const newest = [...Map.groupBy(notes, ({ id, mediaId }) => mediaId ?? id).values()].flatMap((about) =>
    about.slice(0, 1),
  );
  const isMoving = ({ mediaId }: Notification): boolean => mediaId !== null && moving.has(mediaId);
  const settled = newest.filter((note) => !isMoving(note));
  const failed = settled.filter(({ type }) => type === 'media.failed');
  return {
    key,
    notes,
    latest: [...failed, ...newest.filter((note) => !failed.includes(note))],
    ready: settled.filter(({ type }) => type === 'media.completed').length,
    failed: failed.length,
    moving: newest.length - settled.length,
    retryable: failed.flatMap(({ mediaId, retryable }) => (mediaId && retryable ? [mediaId] : [])),
    unread: notes.filter(({ read }) => !read).map(({ id }) => id),
  };
}
