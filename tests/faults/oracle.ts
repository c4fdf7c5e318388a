import { createHash } from 'node:crypto';
import type { Media, MediaStats, Notification } from '#contracts';
import type { PublishedAlert } from '#testing';
import type { Client, Sent } from './client';
import { leftovers } from './leftovers';
import type { Rig } from './rig';
import { until } from './until';

/** What a scenario came to. Every list holds a sentence for each thing that is wrong. */
export interface Verdict {
  acknowledged: number;
  refused: number;
  slowestRefusalSeconds: number;
  /** Acknowledged uploads without their medium, their exact bytes or their derived files. */
  lost: string[];
  /** Media that nobody was promised, and uploads that became two. */
  ghosts: string[];
  doubleEnds: string[];
  doubleNotifications: string[];
  /** Media without an end, ends without their notification or alert. */
  stuck: string[];
  /** Files, folders, processes, keys and rows that nobody needs any more. */
  left: string[];
  /** Answers, ends and health that no fault excuses. */
  wrong: string[];
  /** Refusals that came too late after the last byte. */
  late: string[];
}

/** Longer than an event that lost its wake-up twice. */
const SETTLE_MS = 120_000;

const isEnd = ({ status }: { status: Media['status'] }) => status === 'completed' || status === 'failed';
/** The alerts that the history of a medium calls for. */
const alertIdsOf = ({ id, history }: Media) => history.map(({ status, round }) => `${id}.${status}.${round}`);

/** Whether everything that was uploaded has ended and everybody was told. */
async function unsettled(rig: Rig, client: Client): Promise<string[]> {
  const library = await client.library();
  const notifications = Map.groupBy((await client.notifications()).values(), ({ mediaId }) => mediaId);
  const published = new Set((await rig.alerts()).map(({ message }) => message.id));
  return [...library.values()].flatMap((media) => {
    const ends = media.history.filter(isEnd).length;
    const waiting = isEnd(media) ? [] : [`${media.filename} (${media.id}) is ${media.status}`];
    const untold =
      (notifications.get(media.id) ?? []).length < ends
        ? [`${media.filename} (${media.id}) has an end without a notification`]
        : [];
    const unpublished = alertIdsOf(media)
      .filter((id) => !published.has(id))
      .map((id) => `the alert ${id} was not published`);
    return [...waiting, ...untold, ...unpublished];
  });
}

/** Waits until a client's media have ended and everybody was told. @returns what did not come true. */
export function settle(rig: Rig, client: Client, timeoutMs = SETTLE_MS): Promise<string[]> {
  return until(() => unsettled(rig, client), timeoutMs);
}

/** Looks at everything there is. The faults are over; ends the workers. `leftPatienceMs`: how long leftovers may take to go. */
export async function examine(rig: Rig, clients: readonly Client[], leftPatienceMs: number): Promise<Verdict> {
  const stuck = (await Promise.all(clients.map((client) => settle(rig, client)))).flat();
  const left = await leftovers(rig, clients, leftPatienceMs);
  const alerts = Map.groupBy(await rig.alerts(), ({ message }) => message.mediaId);
  const judged = await Promise.all(clients.map((client) => judge(client, alerts)));
  const all = (what: 'lost' | 'ghosts' | 'doubleEnds' | 'doubleNotifications' | 'wrong') =>
    judged.flatMap((each) => each[what]);
  return {
    acknowledged: clients.reduce((sum, { uploads }) => sum + uploads.filter(({ id }) => id !== null).length, 0),
    refused: clients.reduce((sum, { refusals }) => sum + refusals, 0),
    slowestRefusalSeconds: Math.max(0, ...clients.map((client) => client.slowestRefusalSeconds)),
    lost: all('lost'),
    ghosts: all('ghosts'),
    doubleEnds: all('doubleEnds'),
    doubleNotifications: all('doubleNotifications'),
    stuck: [...stuck, ...judged.flatMap((each) => each.stuck)],
    left,
    wrong: [...all('wrong'), ...rig.lies],
    late: clients.flatMap((client) => client.late),
  };
}

async function judge(client: Client, alerts: ReadonlyMap<string | undefined, PublishedAlert[]>) {
  await client.close();
  const library = await client.library();
  const byName = Map.groupBy(library.values(), ({ filename }) => filename);
  const notifications = Map.groupBy((await client.notifications()).values(), ({ mediaId }) => mediaId);
  const lost: string[] = [];
  const ghosts: string[] = [];
  const wrong = [...client.wrong];
  for (const sent of client.uploads) {
    const found = byName.get(sent.filename) ?? [];
    ghosts.push(...ghostsOf(sent, found));
    if (sent.id && !sent.isDeleted && !found.some(({ id }) => id === sent.id))
      lost.push(`${sent.filename} was acknowledged as ${sent.id} (${sent.way}) and is not there`);
    for (const media of found) lost.push(...(await damage(client, sent, media)));
    wrong.push(
      ...found
        .filter((media) => isEnd(media) && (media.status === 'completed') !== sent.isGood)
        .map(({ status, failure }) => `${sent.filename} ended as ${status} ${failure?.code ?? ''}`),
    );
  }
  const stats = await client.ask<MediaStats>('GET', '/api/media/stats');
  if (stats.total !== library.size) wrong.push(`the stats count ${stats.total} media, but there are ${library.size}`);
  const ends = [...library.values()].map((media) =>
    judgeEnds(media, notifications.get(media.id) ?? [], client, alerts.get(media.id) ?? []),
  );
  return {
    lost,
    ghosts,
    wrong,
    doubleEnds: ends.flatMap((each) => each.doubleEnds),
    doubleNotifications: ends.flatMap((each) => each.doubles),
    stuck: ends.flatMap((each) => each.unheard),
  };
}

/** One item for what was acknowledged, none for what was refused or deleted, one at most where nobody knows. */
function ghostsOf({ filename, id, isTorn, isDeleted, way }: Sent, found: readonly Media[]): string[] {
  const most = isDeleted ? 0 : id || isTorn ? 1 : 0;
  return found.length > most
    ? [`${filename} (${way}, ${id ?? (isTorn ? 'torn' : 'refused')}) has ${found.length} items instead of ${most}`]
    : [];
}

/** What a medium lacks of its bytes. */
async function damage({ api }: Client, { filename, sha256 }: Sent, media: Media): Promise<string[]> {
  const original = Buffer.from(await (await api.fetch('GET', `/api/media/${media.id}/original`)).arrayBuffer());
  const isExact = createHash('sha256').update(original).digest('hex') === sha256;
  const derived =
    media.status === 'completed' ? [media.thumbnailUrl, media.previewUrl].filter((url) => url !== null) : [];
  const answers = await Promise.all(derived.map(async (url) => ({ url, status: (await api.call('GET', url)).status })));
  return [
    ...(isExact ? [] : [`${filename} (${media.id}) has other bytes`]),
    ...answers.filter(({ status }) => status !== 200).map(({ url, status }) => `${filename}: ${url} answers ${status}`),
  ];
}

function judgeEnds(media: Media, told: readonly Notification[], { inbox }: Client, alerts: readonly PublishedAlert[]) {
  const name = `${media.filename} (${media.id})`;
  const rounds = [...Map.groupBy(media.history, ({ round }) => round).values()];
  const ends = media.history.filter(isEnd).length;
  const isOdd = rounds.some(
    (entries) => !/^uploaded,processing,(completed|failed)$/.test(entries.map(({ status }) => status).join()),
  );
  const expected = new Set(alertIdsOf(media));
  const odd = new Set(alerts.map(({ message }) => message.id).filter((id) => !expected.has(id)));
  const heard = new Set(inbox.heard.get(media.id));
  return {
    doubleEnds: [
      ...(isOdd ? [`${name}: ${media.history.map(({ status, round }) => `${status}.${round}`).join(' ')}`] : []),
      ...[...odd].map((id) => `${name}: the alert ${id} tells of another end`),
    ],
    doubles:
      told.length > ends || heard.size > ends
        ? [`${name}: ${ends} ends, ${told.length} notifications, ${heard.size} heard`]
        : [],
    unheard:
      heard.size < ends && inbox.gaps === 0 ? [`${name}: ${ends} ends, ${heard.size} heard of by an open page`] : [],
  };
}
