import { type Media, type MediaKind, mediaKey, workQueues } from '#contracts';
import { type QueueSnapshot, type SizedWork, QueuePositions } from '#platform';
import { type MediaItem, toMedia } from './media.item';

const NOT_SETTLED = new Set<MediaItem['status']>(['uploaded', 'processing']);

const workOf = (item: MediaItem) => ({
  queue: item.kind,
  sizeBytes: item.sizeBytes,
  id: mediaKey({ mediaId: item.id, round: item.round }),
});

/**
 * Media as their owner sees them, with what is to be expected of those that are not settled: how many are before them in
 * the queue of their kind, and within how many seconds they are likely to be done, learnt from past runs.
 */
export class QueueEstimator {
  constructor(private readonly positions: QueuePositions) {}

  /** One round trip for any number of media, none when all are settled. Without Redis nothing is expected, and nothing fails. */
  async show(items: readonly MediaItem[]): Promise<Media[]> {
    const open = items.filter(({ status }) => NOT_SETTLED.has(status));
    const view = open.length > 0 ? await this.positions.snapshot(open.map(workOf)).catch(() => null) : null;
    return items.map((item) => toMedia(item, view && queueOf(item, view)));
  }

  async showOne(item: MediaItem): Promise<Media> {
    return (await this.show([item]))[0]!;
  }

  /** Remembers how long a round took that went well, in one go. */
  async recordDuration(item: MediaItem): Promise<void> {
    if (item.status !== 'completed' || item.crashes > 0 || item.errors > 0) return;
    const seconds = (Date.parse(item.completedAt!) - beganAt(item)) / 1_000;
    await this.positions.recordDuration(workOf(item), seconds).catch(() => {}); // Redis is away: one run less to learn from
  }
}

/** `position`: how many are before it; 0 also while it is processed. */
function queueOf(item: MediaItem, view: QueueSnapshot): Media['queue'] {
  const work = workOf(item);
  const runs = runsLike(view, work);
  if (item.status === 'processing') {
    const rest = restEta(runs, (Date.now() - beganAt(item)) / 1_000);
    return rest && { position: 0, etaSeconds: roundedApart(rest) };
  }
  if (item.status !== 'uploaded') return null;
  const { waiting, active } = view.lines[work.queue];
  const position = view.before(work) ?? waiting; // not in line: its wake-up got lost, and will come last
  const wait = waitEta(position, active, runsOfKind(view, work.queue), longestBlockSeconds(view));
  const run = runEta(runs);
  return { position, etaSeconds: roundedApart([wait[0] + run[0], wait[1] + run[1]]) };
}

/** What workers are busy with now may be of any kind: the longest that one of these is likely to take. */
function longestBlockSeconds(view: QueueSnapshot): number {
  const busy = workQueues.filter((queue) => view.lines[queue].active > 0);
  return Math.max(0, ...busy.map((queue) => runEta(runsOfKind(view, queue))[1]));
}

const beganAt = (item: MediaItem) =>
  Date.parse(item.history.findLast(({ status }) => status === 'processing')?.at ?? item.updatedAt);

/** Seconds, from the soonest that is likely to the latest. */
export type EtaRange = [low: number, high: number];

/** Fewer runs than these say nothing yet. */
const MIN_RUNS = 4;
/** What is believed as long as nothing was learnt: wide on purpose. */
const DEFAULT_DURATIONS_S: Record<MediaKind, readonly number[]> = {
  image: [0.2, 0.5, 2, 10],
  audio: [0.5, 2, 10, 60],
  video: [1, 10, 60, 600],
};
const LOW = 0.1;
const HIGH = 0.9;

/** How long the work takes that nobody has begun, once it begins. */
export function runEta(runs: readonly number[]): EtaRange {
  const sorted = runs.toSorted((a, b) => a - b);
  return [quantile(sorted, LOW), quantile(sorted, HIGH)];
}

/** What is left of a run, judged by the runs that lasted longer; null when none did. */
export function restEta(runs: readonly number[], elapsedSeconds: number): EtaRange | null {
  const rest = runs.filter((seconds) => seconds > elapsedSeconds).map((seconds) => seconds - elapsedSeconds);
  return rest.length > 0 ? runEta(rest) : null;
}

/**
 * How long `before` others keep the workers busy: their mean, give or take two deviations of such a sum, shared by those who
 * work on this kind now. `blockedSeconds`: how long workers may be busy with other kinds before the first of these begins.
 */
export function waitEta(before: number, active: number, runs: readonly number[], blockedSeconds: number): EtaRange {
  const mean = runs.reduce((sum, seconds) => sum + seconds, 0) / runs.length;
  const variance = runs.reduce((sum, seconds) => sum + (seconds - mean) ** 2, 0) / runs.length;
  const workers = Math.max(1, active);
  const soonest = before * mean - 2 * Math.sqrt(before * variance);
  const ahead = before + (active > 0 ? 1 : 0); // those at work have to end as well
  const latest = ahead * mean + 2 * Math.sqrt(ahead * variance);
  return [Math.max(0, soonest) / workers, latest / workers + (active > 0 ? 0 : blockedSeconds)];
}

/** The runs to judge a kind by: what was learnt, else what is believed. */
function runsOfKind(view: QueueSnapshot, kind: MediaKind): readonly number[] {
  const { runs } = view.lines[kind];
  return runs.length >= MIN_RUNS ? runs : DEFAULT_DURATIONS_S[kind];
}

/** Of this size where enough is known, else of its kind. */
function runsLike(view: QueueSnapshot, work: SizedWork): readonly number[] {
  const runs = view.runs(work);
  return runs.length >= MIN_RUNS ? runs : runsOfKind(view, work.queue);
}

/** In whole seconds, rounded apart: a range, never a promise. */
export const roundedApart = ([low, high]: EtaRange): EtaRange => [Math.floor(low), Math.max(1, Math.ceil(high))];

function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return below + (above - below) * (at % 1);
}
