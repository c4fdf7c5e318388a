import { setTimeout as sleep } from 'node:timers/promises';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { analysisKey, type AnalyserName, type AnalyserResults, type AnalyseMedia } from '#contracts';
import {
  AnalysisBudget,
  AnalysisRepository,
  AnalysisResults,
  MediaModule,
  MediaRepository,
  toMedia,
  type MediaItem,
} from '#media';
import { Dynamo, JobQueue, newId, PlatformModule, STORAGE, type Storage } from '#platform';
import { aMedium, startTestEnvironment, type TestEnvironment } from '#testing';
import { Adapters } from './adapters';
import { AnalyserFailure, AnalysisPending, type Analyser, type AnalysisSubject } from './analyser';
import { AnalysisPrices } from './analysis-prices';
import { AnalysisRuns } from './analysis-runs';
import { AnalysisService } from './analysis.service';
import { Subjects } from './subjects';

const found: AnalyserResults['sentiment'] = {
  language: 'en',
  source: 'description',
  overall: 'positive',
  scores: { positive: 1, negative: 0, neutral: 0, mixed: 0 },
  keyPhrases: [],
};
const dog: AnalyserResults['labels'] = {
  labels: [{ name: 'dog', confidence: 0.9, boxes: [], atSeconds: [] }],
  faces: 0,
};
const facts = {
  kind: 'image' as const,
  width: 4,
  height: 3,
  durationSeconds: null,
  codecs: ['jpeg'],
  metadata: {},
  placeholder: null,
  derived: { thumbnail: null, preview: null, waveform: null },
};

/** Adapters whose work a test decides. */
class FakeAdapters implements Pick<Adapters, 'of' | 'configured'> {
  calls: Array<{ mediaId: string; state: string | null }> = [];
  readonly discarded: string[] = [];
  work: (subject: AnalysisSubject, signal: AbortSignal) => Promise<unknown> = async () => found;

  of<N extends AnalyserName>(): Analyser<N> {
    return {
      provider: 'local',
      model: 'm',
      analyse: async (subject, signal) => {
        this.calls.push({ mediaId: subject.mediaId, state: subject.state });
        return (await this.work(subject, signal)) as AnalyserResults[N];
      },
      discard: async ({ mediaId }) => void this.discarded.push(mediaId),
    };
  }

  configured<N extends AnalyserName>(): Analyser<N> {
    return this.of();
  }
}

let environment: TestEnvironment;
let app: INestApplicationContext;
const adapters = new FakeAdapters();
const get = <T>(type: Type<T>): T => app.get(type);

beforeAll(async () => {
  environment = await startTestEnvironment();
  // three units, the least, cost 3 cents: ten analyses for 30 cents
  const priced = {
    PRICE_SENTIMENT: '0.01',
    ANALYSIS_MONTHLY_BUDGET_USD: '100',
    ANALYSIS_USER_MONTHLY_BUDGET_USD: '0.3',
  };
  const config = environment.config({ ANALYSE_SENTIMENT: 'local', ...priced });
  const module = {
    module: class {},
    imports: [PlatformModule.forRoot(config), MediaModule],
    providers: [{ provide: Adapters, useValue: adapters }, Subjects, AnalysisPrices, AnalysisRuns, AnalysisService],
  };
  app = await NestFactory.createApplicationContext(module, { logger: false });
});
afterAll(async () => {
  await app.close();
  await environment.stop();
});
beforeEach(() => {
  adapters.calls = [];
  adapters.work = async () => found;
});

/** Creates a completed medium, whose owner asks for analyses. */
async function analyse(names: AnalyserName[], overrides: Partial<MediaItem> = {}): Promise<MediaItem> {
  const media = get(MediaRepository);
  const item = aMedium({ sha256: newId(), description: 'A good day', ...overrides });
  await media.create(item);
  await media.claim(item, 'token', 10_000);
  await media.finish(item, 'token', { status: 'completed', facts, derivedBytes: 0 });
  const starts = names.map((analyser) => ({ analyser, provider: 'local' as const, model: 'm' }));
  return (await get(AnalysisRepository).request(item, starts, false))!;
}

const jobOf = ({ userId, id: mediaId, analyses }: MediaItem, analyser: AnalyserName): AnalyseMedia => ({
  userId,
  mediaId,
  analyser,
  run: analyses![analyser]!.run,
});
const deliver = (item: MediaItem, analyser: AnalyserName = 'sentiment', shutdown = new AbortController().signal) =>
  get(AnalysisService).process(jobOf(item, analyser), shutdown);
const stateOf = async (item: MediaItem, analyser: AnalyserName = 'sentiment') =>
  (await get(MediaRepository).get(item))?.analyses?.[analyser];

describe('an analysis', () => {
  it('is completed once, with its result, its state in the medium, and one event', async () => {
    const item = await analyse(['labels'], { description: '' });
    adapters.work = async () => dog;
    expect(await deliver(item, 'labels')).toEqual({ next: 'done' });
    expect(await deliver(item, 'labels')).toEqual({ next: 'done' });
    expect(adapters.calls).toHaveLength(1);
    const after = (await get(MediaRepository).get(item))!;
    expect(toMedia(after)).toMatchObject({
      status: 'completed',
      labels: ['dog'],
      analysis: [{ analyser: 'labels', status: 'completed', provider: 'local', model: 'm', failure: null, costUsd: 0 }],
    });
    expect(await get(AnalysisResults).read(after, 'labels')).toEqual(dog);
    expect(after.pending[`${item.id}.analysed.labels.1`]).toMatchObject({ status: 'completed', labels: ['dog'] });
    expect(after.openAt).toBeUndefined(); // no sweep need look at it
  });

  it('begins by itself when a medium is completed, where the analyser is on and has something to read', async () => {
    const [described, empty] = [await analyse([]), await analyse([], { description: '' })];
    expect(described.analyses).toMatchObject({ sentiment: { status: 'queued', run: 1, requestedBy: 'automatic' } });
    expect(described.openAt).toBeDefined();
    expect([empty.analyses, empty.openAt]).toEqual([{}, undefined]);
  });

  it('waits for the text that it reads, and is woken when that is there', async () => {
    const item = await analyse(['text', 'sentiment']);
    const key = analysisKey(jobOf(item, 'sentiment'));
    expect(await deliver(item)).toEqual({ next: 'done' });
    expect(adapters.calls).toEqual([]);
    const lines = [{ text: 'Fresh bread', confidence: 1, box: null, atSeconds: null }];
    adapters.work = async () => ({ language: 'en', lines });
    await deliver(item, 'text');
    expect(await get(JobQueue).has('analysis', key)).toBe(true);
    adapters.work = async ({ text }) => ({ ...found, source: text!.source, overall: 'neutral' });
    await deliver(item);
    const after = (await get(MediaRepository).get(item))!;
    expect(await get(AnalysisResults).read(after, 'sentiment')).toMatchObject({ source: 'text', overall: 'neutral' });
  });

  it('fails with the reason of its adapter, and may be requested again', async () => {
    const item = await analyse(['sentiment']);
    adapters.work = async () => Promise.reject(new AnalyserFailure('language_unsupported', false, 'de'));
    await deliver(item);
    expect(await stateOf(item)).toMatchObject({
      status: 'failed',
      failure: { code: 'language_unsupported', retryable: false, message: expect.stringContaining('language') },
    });
    const starts = [{ analyser: 'sentiment' as const, provider: 'local' as const, model: 'm' }];
    const again = (await get(AnalysisRepository).request(item, starts, false))!;
    expect(again.analyses!.sentiment).toMatchObject({ status: 'queued', run: 2, failure: null, requestedBy: 'owner' });
  });

  it.each([
    ['an unavailable provider', new AnalyserFailure('analyser_unavailable', true), 'analyser_unavailable'],
    ['an error of ours', new TypeError('a bug'), 'analysis_error'],
  ])('is tried again after pauses that grow for %s, and fails in the end', async (_name, error, code) => {
    const item = await analyse(['sentiment']);
    adapters.work = async () => Promise.reject(error);
    const pauses: number[] = [];
    for (let attempt = 1; attempt < 8; attempt += 1) {
      const next = await deliver(item);
      if (next.next !== 'again') throw new Error(`${next.next} after ${attempt} attempts`);
      pauses.push(next.at.getTime() - Date.now());
      const claimable = (await get(MediaRepository).get(item))!;
      expect(await deliver(item)).toEqual({ next: 'again', at: new Date(claimable.analyses!.sentiment!.leaseUntil!) });
      await expireLease(claimable);
    }
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    expect((await deliver(item)).next).toBe(code === 'analysis_error' ? 'failed' : 'done');
    expect(await stateOf(item)).toMatchObject({ status: 'failed', failure: { code, retryable: true } });
    expect(adapters.calls).toHaveLength(8);
  });

  it('fails after its worker crashed three times, and is taken over before', async () => {
    const item = await analyse(['sentiment']);
    const repository = get(AnalysisRepository);
    for (const crashes of [0, 1, 2]) {
      expect(await repository.claim(jobOf(item, 'sentiment'), newId(), 1)).toMatchObject({ entry: { crashes } });
      await sleep(5);
    }
    expect((await deliver(item)).next).toBe('failed');
    expect(await stateOf(item)).toMatchObject({ status: 'failed', failure: { code: 'analysis_error' } });
    expect(adapters.calls).toEqual([]);
  });

  it('continues at its provider with what it has stored', async () => {
    const item = await analyse(['sentiment']);
    adapters.work = async ({ state }) =>
      state === 'job 7' ? found : Promise.reject(new AnalysisPending(new Date(), 'job 7'));
    expect((await deliver(item)).next).toBe('again');
    expect(await deliver(item)).toEqual({ next: 'done' });
    expect(adapters.calls.map(({ state }) => state)).toEqual([null, 'job 7']);
  });

  it('is released at a shutdown, which counts as no attempt', async () => {
    const item = await analyse(['sentiment']);
    const shutdown = new AbortController();
    adapters.work = (_subject, signal) => {
      shutdown.abort(new Error('shutdown'));
      return new Promise((_, reject) => reject(signal.reason as Error));
    };
    expect((await deliver(item, 'sentiment', shutdown.signal)).next).toBe('again');
    const released = await stateOf(item);
    expect([released!.attempts, released!.crashes, released!.token]).toEqual([0, 0, undefined]);
  });

  it('leaves nothing of a medium that is deleted meanwhile', async () => {
    const item = await analyse(['sentiment']);
    adapters.work = async () => {
      await get(MediaRepository).markDeleted(item);
      return found;
    };
    await deliver(item);
    const left = app.get<Storage>(STORAGE).list(`derived/${item.id}/`);
    expect(await Array.fromAsync(left)).toEqual([]);
    expect(await deliver(item)).toEqual({ next: 'done' });
    expect(adapters.discarded).toContain(item.id);
  });
});

describe('analyses of the same bytes', () => {
  it('are made once, also at the same time', async () => {
    const [userId, sha256] = [newId(), newId()];
    const same = await Promise.all([1, 2, 3].map(() => analyse(['labels'], { userId, sha256 })));
    adapters.work = async () => {
      await sleep(200);
      return dog;
    };
    const first = await Promise.all(same.map((item) => deliver(item, 'labels')));
    expect(first.filter(({ next }) => next === 'done')).toHaveLength(1);
    await Promise.all(same.map(async (item) => expireLease((await get(MediaRepository).get(item))!)));
    await Promise.all(same.map((item) => deliver(item, 'labels')));
    expect(adapters.calls).toHaveLength(1);
    for (const item of same) {
      const after = (await get(MediaRepository).get(item))!;
      expect(await get(AnalysisResults).read(after, 'labels')).toEqual(dog);
      expect(after.labels).toEqual(['dog']);
    }
  });
});

describe('the budget', () => {
  it('of ten calls covers exactly ten of fifty at the same time', async () => {
    const userId = newId();
    const months = await Promise.all(Array.from({ length: 50 }, () => get(AnalysisBudget).reserve(userId, 30_000)));
    expect(months.filter(Boolean)).toHaveLength(10);
    expect(await get(AnalysisBudget).read(userId)).toMatchObject({ spentMicros: 300_000, leftMicros: 0 });
  });

  it('ends an analysis that it does not cover, and leaves the medium as it is', async () => {
    const userId = newId();
    const items: MediaItem[] = [];
    for (let count = 0; count < 12; count += 1) items.push(await analyse(['sentiment'], { userId }));
    adapters.work = async ({ mediaId }) =>
      mediaId === items[0]!.id ? Promise.reject(new AnalyserFailure('analyser_refused', false)) : found;
    await deliver(items[0]!);
    await Promise.all(items.slice(1).map((item) => deliver(item)));
    expect(adapters.calls).toHaveLength(11); // the one that failed has returned its reservation
    const states = await Promise.all(items.map((item) => stateOf(item)));
    expect(states.filter((state) => state!.costMicros === 30_000 && state!.status === 'completed')).toHaveLength(10);
    const skipped = states.filter((state) => state!.status === 'skipped');
    expect(skipped).toMatchObject([{ failure: { code: 'budget_exceeded' }, costMicros: 0 }]);
    expect((await get(MediaRepository).get(items[11]!))!.status).toBe('completed');
  });
});

/** Ends the pause or the lease of an open analysis. */
async function expireLease(item: MediaItem): Promise<void> {
  for (const [name, entry] of Object.entries(item.analyses ?? {}))
    if (entry.status === 'running')
      await app.get(Dynamo).update(
        'media',
        { userId: item.userId, id: item.id },
        {
          set: [[['analyses', name, 'leaseUntil'], new Date(0).toISOString()]],
        },
      );
}
