import { sameMedium, workQueues, type Media } from '#contracts';
import { WorkLine, type LineView } from '#platform';
import { restEta, roundedApart, runEta, runsLike, runsOfKind, waitEta } from './eta';
import { toMedia, type MediaItem } from './media.item';

const NOT_SETTLED = new Set<MediaItem['status']>(['uploaded', 'processing']);

const workOf = (item: MediaItem) => ({ queue: item.kind, sizeBytes: item.sizeBytes, id: sameMedium({ mediaId: item.id, round: item.round }) });

/**
 * Media as their owner sees them, with what is to be expected of those that are not settled: how many are before them in
 * the queue of their kind, and within how many seconds they are likely to be done, learnt from past runs.
 */
export class MediaOutlook {
  constructor(private readonly line: WorkLine) {}

  /** One round trip for any number of media, none when all are settled. Without Redis nothing is expected, and nothing fails. */
  async show(items: readonly MediaItem[]): Promise<Media[]> {
    const open = items.filter(({ status }) => NOT_SETTLED.has(status));
    const view = open.length > 0 ? await this.line.look(open.map(workOf)).catch(() => null) : null;
    return items.map((item) => toMedia(item, view && queueOf(item, view)));
  }

  async showOne(item: MediaItem): Promise<Media> {
    return (await this.show([item]))[0]!;
  }

  /** Remembers how long a round took that went well, in one go. */
  async learn(item: MediaItem): Promise<void> {
    if (item.status !== 'completed' || item.crashes > 0 || item.errors > 0) return;
    const seconds = (Date.parse(item.completedAt!) - beganAt(item)) / 1_000;
    await this.line.learn(workOf(item), seconds).catch(() => {}); // Redis is away: one run less to learn from
  }
}

/** `position`: how many are before it; 0 also while it is processed. */
function queueOf(item: MediaItem, view: LineView): Media['queue'] {
  const work = workOf(item);
  const runs = runsLike(view, work);
  if (item.status === 'processing') {
    const rest = restEta(runs, (Date.now() - beganAt(item)) / 1_000);
    return rest && { position: 0, etaSeconds: roundedApart(rest) };
  }
  if (item.status !== 'uploaded') return null;
  const { waiting, active } = view.lines[work.queue];
  const position = view.before(work) ?? waiting; // not in line: its wake-up got lost, and will come last
  const wait = waitEta(position, active, runsOfKind(view, work.queue), blockedSeconds(view));
  const run = runEta(runs);
  return { position, etaSeconds: roundedApart([wait[0] + run[0], wait[1] + run[1]]) };
}

/** What workers are busy with now may be of any kind: the longest that one of these is likely to take. */
function blockedSeconds(view: LineView): number {
  const busy = workQueues.filter((queue) => view.lines[queue].active > 0);
  return Math.max(0, ...busy.map((queue) => runEta(runsOfKind(view, queue))[1]));
}

const beganAt = (item: MediaItem) => Date.parse(item.history.findLast(({ status }) => status === 'processing')?.at ?? item.updatedAt);
