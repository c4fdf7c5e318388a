import { randomInt } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, type Dirent } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Media, MediaKind, MediaList } from '#contracts';
import { startStandalone, type ApiClient, type Stack } from '#testing';
import { mutant, validFiles, type ValidFile } from './mutations';

/** `SEED=7 FIRST=1234 CASES=1` repeats one case. CORPUS is a folder whose valid files are used as well. */
const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
const first = Number(process.env.FIRST ?? 0);
const cases = Number(process.env.CASES ?? 2_000);

const CONCURRENCY = 6;
const WORKERS = 2;
/** Of a worker: one of its slot, and one for a picture beside a film. */
const SANDBOXES = 2;
/** The time limit of the analysis of such small files, and a margin for a busy machine. */
const LIMIT_SECONDS: Record<MediaKind, number> = { image: 160, audio: 190, video: 910 };

interface Outcome {
  index: number;
  name: string;
  /** `completed`, `failed: <code>` or `<status> <code>` of a refusal. */
  result: string;
  media: Media | null;
  seconds: number;
}

/** Reads the accepted files of a folder with a manifest.tsv; none without a folder. */
function corpusFiles(folder = process.env.CORPUS): ValidFile[] {
  if (!folder) return [];
  const rows = readFileSync(join(folder, 'manifest.tsv'), 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'));
  return rows
    .filter(([, , , expected]) => expected === 'completed')
    .map(([name]) => ({ name: name!.split('/').at(-1)!, bytes: readFileSync(join(folder, name!)) }));
}

async function tryOne(api: ApiClient, valid: readonly ValidFile[], index: number): Promise<Outcome> {
  const { name, bytes } = mutant(valid, seed, index);
  const answer = await api.tryUpload(new Uint8Array(bytes), { filename: name });
  if (answer.status !== 201)
    return { index, name, result: `${answer.status} ${answer.body.code}`, media: null, seconds: 0 };
  const media = await api.waitUntilSettled(answer.body.id, LIMIT_SECONDS[answer.body.kind] * 1_000 + 60_000);
  const [begun, ended] = ['processing', media.status].map((status) =>
    Date.parse(media.history.findLast((entry) => entry.status === status)!.at),
  );
  return {
    index,
    name,
    result: media.failure ? `failed: ${media.failure.code}` : media.status,
    media,
    seconds: (ended! - begun!) / 1_000,
  };
}

const ends = ({ history }: Media) =>
  history.filter(({ status }) => status === 'completed' || status === 'failed').length;

async function listAll(api: ApiClient): Promise<Map<string, Media>> {
  const all = new Map<string, Media>();
  for (let cursor = ''; ;) {
    const { items, nextCursor } = await api.expect<MediaList>(
      200,
      'GET',
      `/api/media?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    for (const media of items) all.set(media.id, media);
    if (!nextCursor) return all;
    cursor = nextCursor;
  }
}

function report(outcomes: readonly Outcome[], minutes: number): string {
  const counts = Object.entries(Object.groupBy(outcomes, ({ result }) => result)).map(
    ([result, all]) => `${String(all!.length).padStart(6)}  ${result}`,
  );
  const slowest = outcomes.toSorted((a, b) => b.seconds - a.seconds).slice(0, 5);
  const slow = slowest.map(
    ({ index, name, result, seconds }) => `${seconds.toFixed(1).padStart(6)}  #${index} ${name}: ${result}`,
  );
  return [
    `${outcomes.length} cases in ${minutes.toFixed(1)} min, SEED=${seed} FIRST=${first}`,
    ...counts.toSorted().toReversed(),
    'slowest, in seconds:',
    ...slow,
    '',
  ].join('\n');
}

describe('broken files', () => {
  let stack: Stack;
  let isRunning = false;
  const temp = mkdtempSync(join(tmpdir(), 'fuzz-'));
  beforeAll(async () => {
    stack = await startStandalone({ workers: WORKERS, env: { TMPDIR: temp } });
    isRunning = true;
  });
  const stop = async () => {
    if (isRunning) await stack.stop();
    isRunning = false;
  };
  afterAll(async () => {
    await stop();
    rmSync(temp, { recursive: true });
  });

  it(
    'each end once within their limits, and no worker exits',
    async () => {
      process.stdout.write(`SEED=${seed} FIRST=${first} CASES=${cases}\n`);
      const valid = [...(await validFiles()), ...corpusFiles()];
      const { api } = await stack.newUser();
      const { workers, dataDir } = stack.processes!;
      const startedAt = Date.now();
      const outcomes: Outcome[] = [];
      let next = first;
      const walk = async () => {
        while (next < first + cases) outcomes.push(await tryOne(api, valid, next++));
      };
      await Promise.all(Array.from({ length: CONCURRENCY }, walk));
      process.stdout.write(report(outcomes, (Date.now() - startedAt) / 60_000));

      for (const { pid } of workers) expect(() => process.kill(pid, 0)).not.toThrow();
      expect(
        outcomes.filter(({ result }) => /^5|crashed_worker|processing_error|processing_timeout/.test(result)),
      ).toEqual([]);
      expect(outcomes.filter(({ media, seconds }) => media && seconds > LIMIT_SECONDS[media.kind])).toEqual([]);
      const listed = await listAll(api);
      const accepted = outcomes.flatMap(({ media }) => media ?? []);
      expect(listed.size).toBe(accepted.length);
      expect(
        accepted.filter(({ id, status }) => listed.get(id)?.status !== status || ends(listed.get(id)!) !== 1),
      ).toEqual([]);
      expect(filesIn(join(dataDir, 'tmp'))).toEqual([]);
      const { tools = [], jobs = [] } = workFolders(join(dataDir, 'work'));
      expect(jobs).toEqual([]);
      expect(tools.slice(WORKERS * SANDBOXES)).toEqual([]);
      await Promise.all(workers.map((worker) => worker.stop()));
      expect(filesIn(join(dataDir, 'work'))).toEqual([]);
      await stop();
      expect(filesIn(temp)).toEqual([]);
    },
    cases * 5_000 + 1_200_000,
  );
});

/** A running worker keeps one folder of tools after its first job; a further one is of a worker that crashed. */
function workFolders(folder: string): { tools?: string[]; jobs?: string[] } {
  return Object.groupBy(readdirSync(folder), (name) => (name.startsWith('tools-') ? 'tools' : 'jobs'));
}

/** Paths of everything below a folder; none if it does not exist. */
function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true }).map(({ parentPath, name }: Dirent) =>
      join(parentPath, name),
    );
  } catch {
    return [];
  }
}
