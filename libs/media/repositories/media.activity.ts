import type { MediaActivity } from '#contracts';
import type { MediaEvent } from '../media.item';

const DAYS = 30;
const DAY_MS = 86_400_000;
const steps = ['uploaded', 'completed', 'failed'] as const;

/** The per-day fields of a row of counts: `2026-11-24.uploaded` is how many media were uploaded on that day (UTC). */
type DayFields = Record<string, unknown>;

/** Returns what an event adds to its day. Written together with the counts, so both are applied exactly as often. */
export function activityOf(event: MediaEvent): Array<readonly [field: string, amount: number]> {
  const step = steps.find((name) => event.type === `media.${name}`);
  const isRetry = step === 'uploaded' && event.from !== null;
  return step && !isRetry ? [[`${event.occurredAt.slice(0, 10)}.${step}`, 1]] : [];
}

/** Returns the last 30 days, oldest first, including days without activity. */
export function readActivity(rows: readonly DayFields[], now: Date): MediaActivity {
  const sum = (field: string) => rows.reduce((total, row) => total + Number(row[field] ?? 0), 0);
  const days = Array.from({ length: DAYS }, (_, index) => {
    const date = dayOf(now, DAYS - 1 - index);
    return {
      date,
      uploaded: sum(`${date}.uploaded`),
      completed: sum(`${date}.completed`),
      failed: sum(`${date}.failed`),
    };
  });
  return { days };
}

/** Returns the fields of a row whose day is older than the 30 days shown. */
export function outdatedActivity(row: DayFields, now: Date): string[] {
  const oldest = dayOf(now, DAYS - 1);
  return Object.keys(row).filter((name) => /^\d{4}-\d\d-\d\d\./.test(name) && name < oldest);
}

const dayOf = (now: Date, daysAgo: number) => new Date(now.getTime() - daysAgo * DAY_MS).toISOString().slice(0, 10);
