import type { MediaActivity } from '#contracts';
import type { MediaEvent } from './media.item';

const DAYS = 30;
const DAY_MS = 86_400_000;
const steps = ['uploaded', 'completed', 'failed'] as const;

/** What a row of counts knows of days: `2026-11-24.uploaded` is how many media were uploaded on that day (UTC). */
type DayFields = Record<string, unknown>;

/** What an event adds to its day. It goes into the same write as the counts, so it is counted exactly as often. */
export function activityOf(event: MediaEvent): Array<readonly [field: string, amount: number]> {
  const step = steps.find((name) => event.type === `media.${name}`);
  const isRetry = step === 'uploaded' && event.from !== null;
  return step && !isRetry ? [[`${event.occurredAt.slice(0, 10)}.${step}`, 1]] : [];
}

/** The last 30 days, oldest first, days without any activity too. */
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

/** Fields of a row whose day nobody is shown any more. */
export function outdatedActivity(row: DayFields, now: Date): string[] {
  const oldest = dayOf(now, DAYS - 1);
  return Object.keys(row).filter((name) => /^\d{4}-\d\d-\d\d\./.test(name) && name < oldest);
}

const dayOf = (now: Date, daysAgo: number) => new Date(now.getTime() - daysAgo * DAY_MS).toISOString().slice(0, 10);
