import type { Notification } from '#contracts';

/** Notifications that are shown as one: those of one drop, or a single one. */
export interface NoteGroup {
  /** Stays the same while the group grows. */
  key: string;
  /** All of them, newest first. */
  notes: readonly Notification[];
  /** The newest about each medium: what failed first, then the newest. */
  latest: readonly Notification[];
  ready: number;
  failed: number;
  /** Tried again at this moment. */
  moving: number;
  /** Media that failed and may succeed when they are tried again. */
  retryable: readonly string[];
  unread: readonly string[];
}

/** Groups by drop, newest first. `moving`: the media that are on their way again, whatever was said of them before. */
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
