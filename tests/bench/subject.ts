import { setTimeout as sleep } from 'node:timers/promises';
import type { MediaStats } from '#contracts';
import { ApiClient, newAccount } from '#testing';

/** The product that is measured. */
export interface Subject {
  url: string;
  /** By process, since the start. */
  cpuSeconds(): Promise<Map<string, number>>;
  /** Proportional set size of all processes. */
  memoryMib(): Promise<number>;
}

/** A file to upload. */
export interface Input {
  filename: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface Measurement {
  seconds: number;
  /** By process. */
  cpuSeconds: Record<string, number>;
}

const CLIENTS = 4;

export async function newClient(subject: Pick<Subject, 'url'>): Promise<ApiClient> {
  const api = new ApiClient(subject.url);
  await api.register(newAccount());
  return api;
}

export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1_000;
}

/** Runs `work` for the numbers below `count`, `width` at a time. */
export async function inParallel(
  count: number,
  width: number,
  work: (number: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const run = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: width }, run));
}

/** Uploads `count` files by four clients, the inputs in turn. */
export function uploadAll(api: ApiClient, inputs: readonly Input[], count: number): Promise<void> {
  return inParallel(count, CLIENTS, (number) => {
    const { bytes, filename } = inputs[number % inputs.length]!;
    return api.upload(bytes, { filename: `${number}-${filename}` });
  });
}

/** Uploads files by four clients. Measures from the first byte until the last is completed. */
export async function processAll(
  subject: Subject,
  api: ApiClient,
  inputs: readonly Input[],
  count: number,
): Promise<Measurement> {
  const stats = () => api.expect<MediaStats>(200, 'GET', '/api/media/stats');
  const { completed, failed } = await stats();
  const cpuBefore = await subject.cpuSeconds();
  const seconds = await secondsOf(async () => {
    await uploadAll(api, inputs, count);
    for (let now = await stats(); now.completed < completed + count; now = await stats()) {
      if (now.failed > failed) throw new Error('An input of the benchmark could not be processed');
      await sleep(100);
    }
  });
  const after = [...(await subject.cpuSeconds())];
  return {
    seconds,
    cpuSeconds: Object.fromEntries(after.map(([role, cpu]) => [role, cpu - (cpuBefore.get(role) ?? 0)])),
  };
}

/** Measures `rounds` times each, in alternation, so that a change of the machine's load meets all of them. */
export async function alternate<T extends Record<string, () => Promise<unknown>>>(
  rounds: number,
  works: T,
): Promise<{ [K in keyof T]: Array<Awaited<ReturnType<T[K]>>> }> {
  const measured = Object.fromEntries(Object.keys(works).map((name) => [name, [] as unknown[]]));
  for (let round = 0; round < rounds; round += 1)
    for (const [name, work] of Object.entries(works)) measured[name]!.push(await work());
  return measured as { [K in keyof T]: Array<Awaited<ReturnType<T[K]>>> };
}
