import { setTimeout as sleep } from 'node:timers/promises';
import { atImmichSizes, atOurSizes, processBySharp } from '../limits/bare-sharp';
import { median, percentile, type Row } from '../report';
import { alternate, newClient, processAll, type Input, type Measurement, type Subject } from '../subject';
import { EventTimes } from './event-times';

/** What Immich reaches of bare sharp at its sizes (docs/performance.md). */
const IMMICH = 0.55;
const SAMPLE_MS = 1_000;

const sumOf = (values: Record<string, number>) => Object.values(values).reduce((sum, value) => sum + value, 0);

/**
 * Photographs by four clients, and in alternation by bare sharp, two at a time. Also the time from a change of status
 * to its event, and the memory of all processes.
 * @param restMs how long the product rests before and after, until its memory is read
 */
export async function photographs(
  subject: Subject,
  inputs: readonly Input[],
  { count, rounds, restMs }: { count: number; rounds: number; restMs: number },
): Promise<Row[]> {
  const api = await newClient(subject);
  await sleep(restMs);
  const atRest = await subject.memoryMib();
  let highest = atRest;
  const watch = setInterval(async () => (highest = Math.max(highest, await subject.memoryMib())), SAMPLE_MS);
  const events = await EventTimes.open(api);
  await processAll(subject, api, inputs, inputs.length); // starts the analysis processes
  const measured = await alternate(rounds, {
    ours: () => processAll(subject, api, inputs, count),
    immich: () => processBySharp(atImmichSizes, inputs, count),
    limit: () => processBySharp(atOurSizes, inputs, count),
  });
  const delays = await events.close();
  clearInterval(watch);
  await sleep(restMs);
  return [
    ...ratesOf(measured, count),
    ...cpuOf(measured, count),
    {
      what: 'change of status → event in the page, p95',
      product: `${percentile(delays, 95)} ms`,
      value: percentile(delays, 95),
      goal: { atMost: 250 },
    },
    memoryRow('at rest after the start', atRest, 320),
    memoryRow('highest', highest, 600),
    memoryRow(`${restMs / 1_000} s after the last round`, await subject.memoryMib(), 380),
  ];
}

const memoryRow = (when: string, mib: number, atMost: number): Row => ({
  what: `memory (PSS of all processes), ${when}`,
  product: `${mib.toFixed(0)} MiB`,
  value: mib,
  goal: { atMost },
});

type Measured = Record<'ours' | 'immich' | 'limit', Measurement[]>;

function ratesOf(measured: Measured, count: number): Row[] {
  const rate = (name: keyof Measured) => median(measured[name].map(({ seconds }) => count / seconds));
  const row = (name: keyof Measured, limit: string, goal: number): Row => ({
    what: 'photographs a second',
    product: rate('ours').toFixed(2),
    limit: `${rate(name).toFixed(2)} by bare sharp, ${limit}`,
    value: rate('ours') / rate(name),
    goal: { atLeast: goal },
  });
  return [
    row('limit', 'our sizes and settings', 0.7),
    row('immich', `sizes of Immich, which reaches ${IMMICH} of it`, 1.5 * IMMICH),
  ];
}

function cpuOf(measured: Measured, count: number): Row[] {
  const cpu = (name: keyof Measured) => median(measured[name].map(({ cpuSeconds }) => sumOf(cpuSeconds) / count));
  const roles = Object.keys(measured.ours[0]!.cpuSeconds).map((role) => {
    const each = median(measured.ours.map(({ cpuSeconds }) => (cpuSeconds[role] ?? 0) / count));
    return `${role} ${each.toFixed(3)}`;
  });
  return [
    {
      what: 'CPU seconds each',
      product: cpu('ours').toFixed(3),
      limit: `${cpu('immich').toFixed(3)} by bare sharp, sizes of Immich`,
      value: cpu('ours') / cpu('immich'),
      goal: { atMost: 1.35 },
    },
    { what: 'CPU seconds each, by process', product: roles.join(', ') },
  ];
}
