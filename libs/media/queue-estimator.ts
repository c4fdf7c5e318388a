import { type Media, type MediaKind, mediaKey, mediaQueues, shortQueue } from '#contracts';
import { type QueueSnapshot, type SizedWork, QueuePositions } from '#platform';
import { type MediaItem, toMedia } from './media.item';

const NOT_SETTLED = new Set<MediaItem['status']>(['uploaded', 'processing']);

const workOf = (item: MediaItem) => ({
  queue: item.kind,
  sizeBytes: item.sizeBytes,
  id: mediaKey({ mediaId: item.id, round: item.round }),
});

/**
 * Returns media as their owner sees them. Those that are not settled carry an estimate: their position in the queue of
 * their kind, and a range of seconds in which they are likely to be done, from the recorded durations of past rounds.
 */
export class QueueEstimator {
  constructor(private readonly positions: QueuePositions) {}

  /**
   * One round trip to Redis for any number of media, none when all are settled. Without Redis the estimate is null.
   * Never rejects.
   */
  async show(items: readonly MediaItem[]): Promise<Media[]> {
    const open = items.filter(({ status }) => NOT_SETTLED.has(status));
    const view = open.length > 0 ? await this.positions.snapshot(open.map(workOf)).catch(() => null) : null;
    return items.map((item) => toMedia(item, view && queueOf(item, view)));
  }

  async showOne(item: MediaItem): Promise<Media> {
    return (await this.show([item]))[0]!;
  }

  /** Records the duration of a completed round, unless it had a crash or an error. */
  async recordDuration(item: MediaItem): Promise<void> {
    if (item.status !== 'completed' || item.crashes > 0 || item.errors > 0) return;
    const seconds = (Date.parse(item.completedAt!) - startedAt(item)) / 1_000;
    await this.positions.recordDuration(workOf(item), seconds).catch(() => {}); // Redis is unavailable: one sample less
  }
}

/** `position` is the number of media before it; also 0 while it is processed. */
function queueOf(item: MediaItem, view: QueueSnapshot): Media['queue'] {
  const work = workOf(item);
  const runs = runsLike(view, work);
  if (item.status === 'processing') {
    const remaining = remainingEta(runs, (Date.now() - startedAt(item)) / 1_000);
    return remaining && { position: 0, etaSeconds: roundOutward(remaining) };
  }
  if (item.status !== 'uploaded') return null;
  const { waiting, active } = view.queues[work.queue];
  const position = view.before(work) ?? waiting; // not queued: its wake-up was lost, and its turn is not known
  const wait = waitEta(position, active, runsOfKind(view, work.queue), longestBlockSeconds(view, work.queue));
  const run = runEta(runs);
  return { position, etaSeconds: roundOutward([wait[0] + run[0], wait[1] + run[1]]) };
}

/** Returns how long the current work of all workers, of any kind, is likely to delay the next of this kind at most. */
function longestBlockSeconds(view: QueueSnapshot, kind: MediaKind): number {
  if (kind === shortQueue) return 0; // it runs beside the others
  const busy = mediaQueues.filter((queue) => view.queues[queue].active > 0);
  return Math.max(0, ...busy.map((queue) => runEta(runsOfKind(view, queue))[1]));
}

const startedAt = (item: MediaItem) =>
  Date.parse(item.history.findLast(({ status }) => status === 'processing')?.at ?? item.updatedAt);

/** Seconds: the 10% and the 90% quantile, or bounds derived from them. */
export type EtaRange = [low: number, high: number];

/** With fewer recorded runs the defaults are used. */
const MIN_RUNS = 4;
/** Assumed durations until enough runs are recorded; wide on purpose. */
const DEFAULT_DURATIONS_S: Record<MediaKind, readonly number[]> = {
  image: [0.2, 0.5, 2, 10],
  audio: [0.5, 2, 10, 60],
  video: [1, 10, 60, 600],
};
const LOW = 0.1;
const HIGH = 0.9;

/** Estimates the duration of a run that has not started, from its start. */
export function runEta(runs: readonly number[]): EtaRange {
  const sorted = runs.toSorted((a, b) => a - b);
  return [quantile(sorted, LOW), quantile(sorted, HIGH)];
}

/** Estimates the remaining time of a run from the past runs that lasted longer; null when none did. */
export function remainingEta(runs: readonly number[], elapsedSeconds: number): EtaRange | null {
  const rest = runs.filter((seconds) => seconds > elapsedSeconds).map((seconds) => seconds - elapsedSeconds);
  return rest.length > 0 ? runEta(rest) : null;
}

/**
 * Estimates the wait behind `before` other media: the mean of their sum plus or minus two standard deviations, divided
 * by the number of workers active on this kind. `blockedSeconds`: how long all workers may be busy with other kinds
 * before the first of these starts.
 */
export function waitEta(before: number, active: number, runs: readonly number[], blockedSeconds: number): EtaRange {
  const mean = runs.reduce((sum, seconds) => sum + seconds, 0) / runs.length;
  const variance = runs.reduce((sum, seconds) => sum + (seconds - mean) ** 2, 0) / runs.length;
  const workers = Math.max(1, active);
  const earliest = before * mean - 2 * Math.sqrt(before * variance);
  const ahead = before + (active > 0 ? 1 : 0); // the active runs have to finish as well
  const latest = ahead * mean + 2 * Math.sqrt(ahead * variance);
  return [Math.max(0, earliest) / workers, latest / workers + (active > 0 ? 0 : blockedSeconds)];
}

/** Returns the recorded runs of a kind, or the defaults while there are too few. */
function runsOfKind(view: QueueSnapshot, kind: MediaKind): readonly number[] {
  const { runs } = view.queues[kind];
  return runs.length >= MIN_RUNS ? runs : DEFAULT_DURATIONS_S[kind];
}

/** Returns the recorded runs of this kind and size, or those of the kind while there are too few. */
function runsLike(view: QueueSnapshot, work: SizedWork): readonly number[] {
  const runs = view.runs(work);
  return runs.length >= MIN_RUNS ? runs : runsOfKind(view, work.queue);
}

/** Rounds outward to whole seconds; the upper bound is at least 1. */
export const roundOutward = ([low, high]: EtaRange): EtaRange => [Math.floor(low), Math.max(1, Math.ceil(high))];

function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return below + (above - below) * (at % 1);
}
