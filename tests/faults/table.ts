import type { Outcome } from './scenario';

/** Each of these lists has to be empty. */
const violationKinds = [
  'lost',
  'unexpected',
  'doubleEnds',
  'doubleNotifications',
  'stuck',
  'leftovers',
  'wrong',
  'late',
] as const satisfies ReadonlyArray<keyof Outcome>;

const columns = [
  'scenario',
  'repeats',
  'acknowledged',
  'refused',
  'lost',
  'unexpected',
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
    ...violationKinds.map((what) => outcome[what].length),
    ...seconds,
  ]);
}

export function tableOf(outcomes: readonly Outcome[], skipped: readonly string[]): string {
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...outcomes.map(rowOf),
    ...skipped.map((reason) => `skipped: ${reason}`),
    '',
  ].join('\n');
}

/** All violations of a scenario as distinct sentences. */
export const violationsOf = (outcome: Outcome): string[] =>
  violationKinds.flatMap((what) => [...new Set(outcome[what])].map((sentence) => `${what}: ${sentence}`));

const line = (cells: ReadonlyArray<string | number>) => `| ${cells.join(' | ')} |`;
