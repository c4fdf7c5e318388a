import { assumeEmulatorCredentials } from '#config';
import { listKeys, mediaEvent, MediaCounters, WordIndex, type MediaItem } from '#media';
import { Dynamo, newId } from '#platform';
import { aMedium, type ApiClient } from '#testing';
import { median, type Row } from '../report';
import { alternate, inParallel, newClient, secondsOf, type Subject } from '../subject';

const TABLE_PREFIX = 'snapstream-';
const WORD = 'lighthouse';
const WRITERS = 4;

/** Compares requests of a user with few media and of one with many, who finds as many by a search. */
export async function library(
  subject: Pick<Subject, 'url'>,
  dynamodbEndpoint: string,
  { few, many, runs }: { few: number; many: number; runs: number },
): Promise<Row[]> {
  assumeEmulatorCredentials();
  const dynamo = Dynamo.connect({ region: 'us-east-1', dynamodbEndpoint, tablePrefix: TABLE_PREFIX });
  const counters = new MediaCounters(dynamo);
  try {
    const owner = async (count: number) => {
      const api = await newClient(subject);
      const { id } = await api.expect<{ id: string }>(200, 'GET', '/api/auth/me');
      await fill(dynamo, id, count, Math.max(1, Math.floor(count / few)));
      await Promise.all(Array.from({ length: few }, () => counters.apply(created(completed(id, WORD)))));
      return api;
    };
    const [small, large] = [await owner(few), await owner(many)];
    const rows: Row[] = [];
    for (const [what, path] of Object.entries(PATHS)) rows.push(await compare(what, path, { small, large, runs }));
    return rows.map((row) => ({ ...row, what: `${row.what}, with ${many} media compared with ${few}` }));
  } finally {
    dynamo.close();
  }
}

const PATHS = {
  'a library page': '/api/media?limit=50',
  stats: '/api/media/stats',
  'a search': `/api/media?limit=50&q=${WORD}`,
};

async function compare(
  what: string,
  path: string,
  { small, large, runs }: { small: ApiClient; large: ApiClient; runs: number },
): Promise<Row> {
  const get = (api: ApiClient) => () => secondsOf(() => api.expect(200, 'GET', path));
  await Promise.all([get(small)(), get(large)()]); // warm-up
  const measured = await alternate(runs, { few: get(small), many: get(large) });
  const [few, manyMs] = [median(measured.few) * 1_000, median(measured.many) * 1_000];
  return {
    what,
    product: `${manyMs.toFixed(1)} ms`,
    limit: `${few.toFixed(1)} ms`,
    value: manyMs / few,
    goal: { atMost: 1.3 },
  };
}

/**
 * Writes completed media as the services write them; every `foundEach`-th is found by the search. The first of them are
 * counted: a counter is as long for any number, after the minute in which it remembers its events.
 */
async function fill(dynamo: Dynamo, userId: string, count: number, foundEach: number): Promise<void> {
  const words = new WordIndex(dynamo);
  const batch = 100;
  await inParallel(Math.ceil(count / batch), WRITERS, async (number) => {
    const media = Array.from({ length: Math.min(batch, count - number * batch) }, (_, index) =>
      completed(userId, (number * batch + index) % foundEach === 0 ? WORD : 'harbour'),
    );
    await dynamo.writeMany(
      'media',
      media.map((item) => ({ put: { ...item, ...listKeys(item) } })),
    );
    for (const item of media) await words.add(item);
  });
}

const created = (item: MediaItem) => mediaEvent(item, null, item.createdAt);

function completed(userId: string, title: string): MediaItem {
  const at = new Date().toISOString();
  const filename = `${title}.jpg`;
  return aMedium({
    userId,
    id: newId(),
    title,
    filename,
    status: 'completed',
    progress: 100,
    completedAt: at,
    pending: {},
  });
}
