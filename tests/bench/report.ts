import { cpus, totalmem } from 'node:os';

/** One measurement of the product, beside a limit of the machine where there is one. */
export interface Row {
  what: string;
  product: string;
  /** What bare tools reach in the same run. */
  limit?: string;
  /** What the goal is about: a ratio to the limit, or the figure itself. */
  value?: number;
  goal?: { atLeast: number } | { atMost: number };
}

/** The figures of each part, by its name. */
export type Report = ReadonlyMap<string, readonly Row[]>;

const HEAD = ['part', 'measurement', 'product', 'limit', 'compared', 'goal', ''];

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
export const percentile = (values: readonly number[], percent: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor((values.length * percent) / 100))]!;

/** Names the machine and the versions, so that figures are compared with those of the same machine only. */
export function machine(versions: Record<string, string>): string {
  const memory = `${Math.round(totalmem() / 1024 ** 3)} GiB`;
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [`${cpus().length} cores of ${cpus()[0]?.model}`, memory, process.platform, ...programs].join(', ');
}

export function tableOf(report: Report): string[] {
  const rows = [...report].flatMap(([part, measured]) => measured.map((row) => lineOf(part, row)));
  return [cells(HEAD), cells(HEAD.map(() => '---')), ...rows];
}

/**
 * Returns the document with the figures of `report`. Rows of other parts are kept from the document before, if they are
 * of the same machine and versions.
 */
export function documentOf(before: string, intro: string, machineLine: string, report: Report): string {
  const isSameMachine = before.includes(machineLine);
  const kept = before.split('\n').filter((line) => isSameMachine && isRowOfOther(line, report));
  return `${[intro, `Machine: ${machineLine}.`, '', ...tableOf(report), ...kept].join('\n')}\n`;
}

function isRowOfOther(line: string, report: Report): boolean {
  const part = /^\| ([^|]+) \|/.exec(line)?.[1];
  return part !== undefined && part !== HEAD[0] && part !== '---' && !report.has(part);
}

function lineOf(part: string, { what, product, limit = '', value, goal }: Row): string {
  const compared = value === undefined ? '' : value.toFixed(value < 10 ? 2 : 0);
  return cells([part, what, product, limit, compared, ...verdict(value, goal)]);
}

function verdict(value = Number.NaN, goal: Row['goal']): [goal: string, outcome: string] {
  if (!goal) return ['', ''];
  if ('atLeast' in goal) return [`≥ ${goal.atLeast}`, value >= goal.atLeast ? 'met' : 'missed'];
  return [`≤ ${goal.atMost}`, value <= goal.atMost ? 'met' : 'missed'];
}

const cells = (values: readonly string[]) => `| ${values.join(' | ')} |`;
