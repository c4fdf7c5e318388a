import type { Outcome } from './scenario';

/** What has to be nothing. */
const complaints = [
  'lost',
  'ghosts',
  'doubleEnds',
  'doubleNotifications',
  'stuck',
  'left',
  'wrong',
  'late',
] as const satisfies ReadonlyArray<keyof Outcome>;

const columns = [
  'scenario',
  'repeats',
  'acknowledged',
  'refused',
  'lost',
  'unasked',
  'double end',
  'double notification',
  'stuck',
  'left over',
  'wrong',
  'late',
  'slowest refusal s',
  'recovery p50 s',
  'max s',
  'min',
];

/** A row of Markdown. */
function rowOf(outcome: Outcome): string {
  const sorted = outcome.recoverySeconds.toSorted((a, b) => a - b);
  const seconds = [
    outcome.slowestRefusalSeconds,
    sorted[Math.floor(sorted.length / 2)] ?? 0,
    sorted.at(-1) ?? 0,
    outcome.minutes,
  ].map((value) => value.toFixed(1));
  return line([
    outcome.name,
    outcome.repeats,
    outcome.acknowledged,
    outcome.refused,
    ...complaints.map((what) => outcome[what].length),
    ...seconds,
  ]);
}

export function tableOf(outcomes: readonly Outcome[], skipped: readonly string[]): string {
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...outcomes.map(rowOf),
    ...skipped.map((reason) => `not done: ${reason}`),
    '',
  ].join('\n');
}

/** Every sentence, each once. */
export const complaintsOf = (outcome: Outcome): string[] =>
  complaints.flatMap((what) => [...new Set(outcome[what])].map((sentence) => `${what}: ${sentence}`));

const line = (cells: ReadonlyArray<string | number>) => `| ${cells.join(' | ')} |`;
