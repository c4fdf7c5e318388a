import { reasonOf, statusOf, type Upload } from './upload';

/** Uploads that the list can fold into one row; failed ones have one section per reason. */
export interface Section {
  /** Stable while the section exists. */
  key: string;
  status: string;
  reason: string | null;
  uploads: readonly Upload[];
}

/** Active uploads first, then those that need the user, then waiting ones, then ended ones. */
const order = [
  'uploading',
  'processing',
  'refused',
  'error',
  'failed',
  'missing',
  'duplicate',
  'uploaded',
  'paused',
  'waiting',
  'cancelled',
  'completed',
];
const withReason = new Set(['refused', 'error', 'failed']);

/** Returns all uploads in the order of the list; within a section in the order in which they were added. */
export function sectionsOf(uploads: readonly Upload[]): Section[] {
  const sections = new Map<string, Section & { uploads: Upload[] }>();
  for (const upload of uploads) {
    const status = statusOf(upload);
    const reason = withReason.has(status) ? reasonOf(upload) : null;
    const key = reason === null ? status : `${status} ${reason}`;
    const section = sections.get(key);
    if (section) section.uploads.push(upload);
    else sections.set(key, { key, status, reason, uploads: [upload] });
  }
  return [...sections.values()].toSorted((one, other) => order.indexOf(one.status) - order.indexOf(other.status));
}
