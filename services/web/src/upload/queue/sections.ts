import { reasonOf, statusOf, type Upload } from './upload';

/** Uploads that can stand behind one line. Of the failed ones there is one section per reason. */
export interface Section {
  /** The same as long as its uploads belong together. */
  key: string;
  status: string;
  reason: string | null;
  uploads: readonly Upload[];
}

/** What moves comes first, then what needs its owner, then what waits, then what is over. */
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

/** All uploads in the order of the list; within a section as they were added. */
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
