import { createHash } from 'node:crypto';
import type { Media, MediaStats, Notification } from '#contracts';
import type { PublishedAlert } from '#testing';
import type { Client, Sent } from './client';
import { findLeftovers } from './leftovers';
import type { Rig } from './rig';
import { until } from './until';

/** The result of a scenario. Every list holds a sentence for each violation. */
export interface Verdict {
  acknowledged: number;
  refused: number;
  slowestRefusalSeconds: number;
  /** Acknowledged uploads without their medium, their exact bytes or their derived files. */
  lost: string[];
  /** Media that were not acknowledged, and uploads that became two media. */
  unexpected: string[];
  doubleEnds: string[];
  doubleNotifications: string[];
  /** Media without an end, ends without their notification or alert. */
  stuck: string[];
  /** Files, folders, processes, keys and rows that should have been cleaned up. */
  leftovers: string[];
  /** Responses, ends and health that no fault excuses. */
  wrong: string[];
  /** Refusals that came too late after the last byte. */
  late: string[];
}

/** Longer than an event that lost its wake-up twice. */
const SETTLE_MS = 120_000;

const isEnd = ({ status }: { status: Media['status'] }) => status === 'completed' || status === 'failed';
/** The alerts that the history of a medium calls for. */
const alertIdsOf = ({ id, history }: Media) => history.map(({ status, round }) => `${id}.${status}.${round}`);

/** Media without an end, ends without a notification, and alerts that were not published. */
async function unsettled(rig: Rig, client: Client): Promise<string[]> {
  const library = await client.library();
  const notifications = Map.groupBy((await client.notifications()).values(), ({ mediaId }) => mediaId);
  const published = new Set((await rig.alerts()).map(({ message }) => message.id));
  return [...library.values()].flatMap((media) => {
    const ends = media.history.filter(isEnd).length;
    const waiting = isEnd(media) ? [] : [`${media.filename} (${media.id}) is ${media.status}`];
    const unnotified =
      (notifications.get(media.id) ?? []).length < ends
        ? [`${media.filename} (${media.id}) has an end without a notification`]
        : [];
    const unpublished = alertIdsOf(media)
      .filter((id) => !published.has(id))
      .map((id) => `the alert ${id} was not published`);
    return [...waiting, ...unnotified, ...unpublished];
  });
}

/** Waits until a client's media have ended, with notifications and alerts. @returns what is missing at the timeout. */
export function settle(rig: Rig, client: Client, timeoutMs = SETTLE_MS): Promise<string[]> {
  return until(() => unsettled(rig, client), timeoutMs);
}

/**
 * Compares everything that is stored with what was acknowledged, after the last fault. Stops the workers.
 * @param cleanupTimeoutMs how long leftovers may take to be cleaned up
 */
export async function inspect(rig: Rig, clients: readonly Client[], cleanupTimeoutMs: number): Promise<Verdict> {
  const stuck = (await Promise.all(clients.map((client) => settle(rig, client)))).flat();
  const leftovers = await findLeftovers(rig, clients, cleanupTimeoutMs);
  const alerts = Map.groupBy(await rig.alerts(), ({ message }) => message.mediaId);
  const checked = await Promise.all(clients.map((client) => checkClient(client, alerts)));
  const all = (what: 'lost' | 'unexpected' | 'doubleEnds' | 'doubleNotifications' | 'wrong') =>
    checked.flatMap((each) => each[what]);
  return {
    acknowledged: clients.reduce((sum, { uploads }) => sum + uploads.filter(({ id }) => id !== null).length, 0),
    refused: clients.reduce((sum, { refusals }) => sum + refusals, 0),
    slowestRefusalSeconds: Math.max(0, ...clients.map((client) => client.slowestRefusalSeconds)),
    lost: all('lost'),
    unexpected: all('unexpected'),
    doubleEnds: all('doubleEnds'),
    doubleNotifications: all('doubleNotifications'),
    stuck: [...stuck, ...checked.flatMap((each) => each.stuck)],
    leftovers,
    wrong: [...all('wrong'), ...rig.violations],
    late: clients.flatMap((client) => client.late),
  };
}

async function checkClient(client: Client, alerts: ReadonlyMap<string | undefined, PublishedAlert[]>) {
  await client.close();
  const library = await client.library();
  const byName = Map.groupBy(library.values(), ({ filename }) => filename);
  const notifications = Map.groupBy((await client.notifications()).values(), ({ mediaId }) => mediaId);
  const lost: string[] = [];
  const unexpected: string[] = [];
  const wrong = [...client.wrong];
  for (const sent of client.uploads) {
    const found = byName.get(sent.filename) ?? [];
    unexpected.push(...findUnexpected(sent, found));
    if (sent.id && !sent.isDeleted && !found.some(({ id }) => id === sent.id))
      lost.push(`${sent.filename} was acknowledged as ${sent.id} (${sent.method}) and is not there`);
    for (const media of found) lost.push(...(await findDamage(client, sent, media)));
    wrong.push(
      ...found
        .filter((media) => isEnd(media) && (media.status === 'completed') !== sent.isGood)
        .map(({ status, failure }) => `${sent.filename} ended as ${status} ${failure?.code ?? ''}`),
    );
  }
  const stats = await client.request<MediaStats>('GET', '/api/media/stats');
  if (stats.total !== library.size) wrong.push(`the stats count ${stats.total} media, but there are ${library.size}`);
  const ends = [...library.values()].map((media) =>
    checkEnds(media, notifications.get(media.id) ?? [], client, alerts.get(media.id) ?? []),
  );
  return {
    lost,
    unexpected,
    wrong,
    doubleEnds: ends.flatMap((each) => each.doubleEnds),
    doubleNotifications: ends.flatMap((each) => each.doubleNotifications),
    stuck: ends.flatMap((each) => each.missedEvents),
  };
}

/** One item for an acknowledged upload, none for a refused or deleted one, at most one after an ambiguous write. */
function findUnexpected({ filename, id, isAmbiguous, isDeleted, method }: Sent, found: readonly Media[]): string[] {
  const most = isDeleted ? 0 : id || isAmbiguous ? 1 : 0;
  const outcome = id ?? (isAmbiguous ? 'ambiguous' : 'refused');
  return found.length > most
    ? [`${filename} (${method}, ${outcome}) has ${found.length} items instead of ${most}`]
    : [];
}

/** Checks the bytes of the original, and that thumbnail and preview can be read. */
async function findDamage({ api }: Client, { filename, sha256 }: Sent, media: Media): Promise<string[]> {
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

function checkEnds(
  media: Media,
  notifications: readonly Notification[],
  { inbox }: Client,
  alerts: readonly PublishedAlert[],
) {
  const name = `${media.filename} (${media.id})`;
  const rounds = [...Map.groupBy(media.history, ({ round }) => round).values()];
  const ends = media.history.filter(isEnd).length;
  const isOdd = rounds.some(
    (entries) => !/^uploaded,processing,(completed|failed)$/.test(entries.map(({ status }) => status).join()),
  );
  const expected = new Set(alertIdsOf(media));
  const odd = new Set(alerts.map(({ message }) => message.id).filter((id) => !expected.has(id)));
  const received = new Set(inbox.notificationIds.get(media.id));
  return {
    doubleEnds: [
      ...(isOdd ? [`${name}: ${media.history.map(({ status, round }) => `${status}.${round}`).join(' ')}`] : []),
      ...[...odd].map((id) => `${name}: the alert ${id} is not in the history`),
    ],
    doubleNotifications:
      notifications.length > ends || received.size > ends
        ? [`${name}: ${ends} ends, ${notifications.length} notifications, ${received.size} received by an open page`]
        : [],
    missedEvents:
      received.size < ends && inbox.gaps === 0
        ? [`${name}: ${ends} ends, ${received.size} received by an open page`]
        : [],
  };
}
