import type { NestExpressApplication } from '@nestjs/platform-express';
import { analysisListResponse, api, type AnalyserName, type AnalyserResults } from '#contracts';
import {
  AnalysisBudget,
  AnalysisRepository,
  AnalysisResults,
  MediaRepository,
  WordIndex,
  type MediaItem,
} from '#media';
import { createService } from '#nest';
import { Dynamo, equals, newId } from '#platform';
import { aMedium, startTestEnvironment, type TestEnvironment } from '#testing';
import { SpokenText } from '../captions/spoken-text';
import { LibraryExport } from '../export/library-export';
import { LibraryActions } from '../library/library.actions';
import { LibraryBatch } from '../library/library.batch';
import { LibraryReader } from '../library/library.reader';
import { MediaServiceModule } from '../media-service.module';
import { AnalysisOffers } from './analysis-offers';
import { AnalysisActions } from './analysis.actions';

let environment: TestEnvironment;
let app: NestExpressApplication;

beforeAll(async () => {
  environment = await startTestEnvironment();
  const config = environment.config({
    ANALYSE_SENTIMENT: 'local',
    PRICE_SENTIMENT: '0.01',
    ANALYSIS_MONTHLY_BUDGET_USD: '100',
    ANALYSIS_USER_MONTHLY_BUDGET_USD: '1',
  });
  app = await createService(MediaServiceModule, { config, name: 'media' });
  await app.init();
});
afterAll(async () => {
  await app.close();
  await environment.stop();
});

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

/** Creates a medium that is completed, without analyses. */
async function completed(userId = newId()): Promise<MediaItem> {
  const media = app.get(MediaRepository);
  const item = aMedium({ userId });
  await media.create(item);
  await media.claim(item, 'token', 10_000);
  await media.finish(item, 'token', { status: 'completed', facts, derivedBytes: 0 });
  return item;
}

describe('analyses of a medium', () => {
  it('are started by its owner, and shown with their result', async () => {
    const [actions, analyses] = [app.get(AnalysisActions), app.get(AnalysisRepository)];
    const item = await completed();
    expect(await actions.list(item)).toEqual({ items: [] });
    const started = await actions.start(item, { analysers: ['sentiment'] });
    expect(analysisListResponse.parse(started).items).toMatchObject([
      { analyser: 'sentiment', status: 'queued', requestedBy: 'owner', provider: 'local', result: null },
    ]);
    expect(await actions.start(item, { analysers: ['sentiment'] })).toEqual(started); // it waits already
    const claim = await analyses.claim(
      { userId: item.userId, mediaId: item.id, analyser: 'sentiment', run: 1 },
      'delivery',
      10_000,
    );
    if (claim.outcome !== 'claimed') throw new Error(claim.outcome);
    const result = {
      language: 'en',
      source: 'description' as const,
      overall: 'positive' as const,
      scores: { positive: 1, negative: 0, neutral: 0, mixed: 0 },
      keyPhrases: [],
    };
    await app.get(AnalysisResults).write(item, 'delivery', { name: 'sentiment', result });
    await analyses.finish(claim, 'delivery', { status: 'completed', costMicros: 30_000 });
    const shown = { status: 'completed', result, costUsd: 0.03, durationMs: expect.any(Number), progress: 100 };
    expect((await actions.list(item)).items).toMatchObject([shown]);
    expect((await actions.start(item, { analysers: ['sentiment'] })).items).toMatchObject([shown]);
    expect((await actions.start(item, { analysers: ['sentiment'], again: true })).items).toMatchObject([
      { status: 'queued', result },
    ]);
  });

  it('are refused for media that are not completed, for analysers that are off, and beyond the budget', async () => {
    const actions = app.get(AnalysisActions);
    const waiting = aMedium();
    await app.get(MediaRepository).create(waiting);
    const item = await completed();
    await expect(actions.list(aMedium())).rejects.toMatchObject({ code: 'not_found' });
    await expect(actions.start(waiting, { analysers: ['sentiment'] })).rejects.toMatchObject({ code: 'not_completed' });
    await expect(actions.start(item, { analysers: ['speech'] })).rejects.toMatchObject({ code: 'analyser_off' });
    await app.get(AnalysisBudget).reserve(item.userId, 990_000);
    await expect(actions.start(item, { analysers: ['sentiment'] })).rejects.toMatchObject({ code: 'budget_exceeded' });
    expect(
      await app.get(LibraryBatch).apply(item.userId, { action: 'analyse', analysers: ['speech'], ids: [item.id] }),
    ).toEqual({ items: [{ id: item.id, ok: false, code: 'analyser_off' }] });
  });

  it.each([
    [{ action: 'analyse', ids: ['a'] }],
    [{ action: 'delete', ids: ['a'], analysers: ['labels'] }],
    [{ action: 'analyse', ids: ['a'], analysers: ['taste'] }],
  ])('are not started by the invalid batch %j', (body) => {
    expect(api.media.batch.body.safeParse(body).success).toBe(false);
  });
});

describe('what is said in a medium', () => {
  it('is read as WebVTT, SubRip and text, once it is analysed, and by its owner only', async () => {
    const [spoken, analyses, item] = [app.get(SpokenText), app.get(AnalysisRepository), await completed()];
    await expect(spoken.read(item, 'vtt')).rejects.toMatchObject({ code: 'not_ready' });
    await analyses.request(item, [{ analyser: 'speech', provider: 'http', model: 'whisper-1' }], false);
    const run = { userId: item.userId, mediaId: item.id, analyser: 'speech' as const, run: 1 };
    const claim = await analyses.claim(run, 'delivery', 10_000);
    if (claim.outcome !== 'claimed') throw new Error(claim.outcome);
    const segments = [{ startSeconds: 1, endSeconds: 2.5, text: 'Good morning.' }];
    await app
      .get(AnalysisResults)
      .write(item, 'delivery', { name: 'speech', result: { language: 'en', text: '', segments } });
    await analyses.finish(claim, 'delivery', { status: 'completed', costMicros: 0 });
    expect(await spoken.read(item, 'vtt')).toBe('WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nGood morning.\n\n');
    expect(await spoken.read(item, 'srt')).toBe('1\n00:00:01,000 --> 00:00:02,500\nGood morning.\n\n');
    expect(await spoken.read(item, 'txt')).toBe('Good morning.\n');
    await expect(spoken.read({ ...item, userId: newId() }, 'txt')).rejects.toMatchObject({ code: 'not_found' });
  });
});

/** Ends an analysis of a medium with a result, as a worker does. */
async function endAnalysis<N extends AnalyserName>(
  item: MediaItem,
  name: N,
  result: AnalyserResults[N],
  found?: { labels: string[] } | { flagged: boolean },
): Promise<void> {
  const analyses = app.get(AnalysisRepository);
  const requested = await analyses.request(item, [{ analyser: name, provider: 'local', model: 'm' }], true);
  const { run } = requested!.analyses![name]!;
  const token = newId();
  const claim = await analyses.claim({ userId: item.userId, mediaId: item.id, analyser: name, run }, token, 10_000);
  if (claim.outcome !== 'claimed') throw new Error(claim.outcome);
  const results = app.get(AnalysisResults);
  await results.write(claim.item, token, { name, result, ...(found && { found }) });
  const finished = await analyses.finish(claim, token, {
    status: 'completed',
    costMicros: 0,
    ...(found && { found }),
  });
  await results.dropReplaced(claim.item, finished!.item, name);
}
const spoken = (...texts: string[]) => ({
  language: 'en',
  text: texts.join(' '),
  segments: texts.map((text, at) => ({ startSeconds: 2 * at, endSeconds: 2 * at + 2, text })),
});
const search = async (userId: string, query: Record<string, string>) =>
  (await app.get(LibraryReader).list(userId, api.media.list.query.parse(query))).items.map(({ id, matches }) => ({
    id,
    matches,
  }));

describe('a search', () => {
  it('finds what is said, read and seen in media, with the second', async () => {
    const userId = newId();
    const [talk, sign] = [await completed(userId), await completed(userId)];
    await endAnalysis(talk, 'speech', spoken('Good morning.', 'The old lighthouse keeper went home.'));
    const lines = [{ text: 'LIGHTHOUSE CAFÉ', confidence: 1, box: null, atSeconds: null }];
    await endAnalysis(sign, 'text', { language: 'en', lines });
    await endAnalysis(sign, 'labels', { labels: [], faces: 0 }, { labels: ['sign', 'Dining table'] });
    const said = { field: 'speech', snippet: 'The old lighthouse keeper went home.', atSeconds: 2 };
    const read = { field: 'text', snippet: 'LIGHTHOUSE CAFÉ', atSeconds: null };
    expect(await search(userId, { q: 'light' })).toEqual([
      { id: sign.id, matches: [read] },
      { id: talk.id, matches: [said] },
    ]);
    expect(await search(userId, { q: '"the old lighthouse"' })).toEqual([{ id: talk.id, matches: [said] }]);
    expect(await search(userId, { q: '"old keeper"' })).toEqual([]);
    expect(await search(userId, { q: 'cafe table' })).toMatchObject([
      { id: sign.id, matches: [{ field: 'labels', snippet: 'Dining table' }, { field: 'text' }] },
    ]);
    expect(await search(userId, { label: 'dining TABLE' })).toEqual([{ id: sign.id, matches: [] }]);
    expect(await search(userId, { label: 'dining' })).toEqual([]);
    expect(await search(userId, { q: 'lighthouse', label: 'sign', kind: 'video' })).toEqual([]);
  });

  it('finds nothing that a later analysis did not find again, and no flagged media that are not', async () => {
    const item = await completed();
    await endAnalysis(item, 'speech', spoken('A violin plays.'));
    await endAnalysis(item, 'moderation', { flagged: true, categories: [] }, { flagged: true });
    expect(await search(item.userId, { flagged: 'true', q: 'violin' })).toMatchObject([{ id: item.id }]);
    await endAnalysis(item, 'speech', spoken('A piano plays.'));
    await endAnalysis(item, 'moderation', { flagged: false, categories: [] }, { flagged: false });
    expect(await search(item.userId, { q: 'violin' })).toEqual([]);
    expect(await search(item.userId, { q: 'piano' })).toMatchObject([{ id: item.id }]);
    expect(await search(item.userId, { flagged: 'true' })).toEqual([]);
  });

  it('has its results in the export of the library', async () => {
    const item = await completed();
    await endAnalysis(item, 'speech', spoken('A violin plays.'));
    for await (const { name, input } of app.get(LibraryExport).entries(item.userId)) {
      if (name !== 'library.json') continue;
      const { media } = JSON.parse(Buffer.concat(await Array.fromAsync(input, Buffer.from)).toString());
      expect(media).toMatchObject([{ analysis: [{ analyser: 'speech', result: { text: 'A violin plays.' } }] }]);
    }
    expect.assertions(1);
  });

  it('leaves no words of a deleted medium', async () => {
    const item = await completed();
    await endAnalysis(item, 'speech', spoken('A violin plays.'));
    await endAnalysis(item, 'labels', { labels: [], faces: 0 }, { labels: ['violin'] });
    expect((await app.get(WordIndex).find(item.userId, ['violin'])).get(item.id)).toEqual(
      new Set(['labels', 'speech']),
    );
    await app.get(LibraryActions).remove(item);
    const rows = { where: equals('userId', `${item.userId}#words`) };
    expect(await Array.fromAsync(app.get(Dynamo).queryAll('media', rows))).toEqual([]);
  });
});

describe('the offers', () => {
  it('name provider, model, price and budget, and what the user wants to happen by itself', async () => {
    const [offers, userId] = [app.get(AnalysisOffers), newId()];
    const { analysers, budget } = api.analysis.settings.response.parse(await offers.settings(userId));
    expect(analysers.map(({ analyser, provider }) => [analyser, provider])).toEqual([
      ['labels', 'off'],
      ['moderation', 'off'],
      ['text', 'off'],
      ['speech', 'off'],
      ['sentiment', 'local'],
    ]);
    expect(analysers.at(-1)).toMatchObject({ automatic: true, unit: '100 characters', priceUsd: 0.01 });
    expect(budget).toEqual({ monthlyUsd: 1, spentUsd: 0, resetsAt: expect.stringMatching(/-01T00:00:00.000Z$/) });
    const changed = await offers.update(userId, { automatic: { sentiment: false } });
    expect(changed.analysers.at(-1)).toMatchObject({ analyser: 'sentiment', automatic: false });
    expect(await offers.settings(userId)).toEqual(changed);
    expect((await offers.settings(newId())).analysers.at(-1)).toMatchObject({ automatic: true });
    await expect(offers.update(userId, { automatic: { speech: true } })).rejects.toMatchObject({
      code: 'analyser_off',
    });
  });

  it('estimate what a request would cost, for some media and for all', async () => {
    const [offers, userId] = [app.get(AnalysisOffers), newId()];
    const items = [await completed(userId), await completed(userId)];
    const estimate = await offers.estimate(userId, { analysers: ['sentiment'], ids: [items[0]!.id] });
    expect(estimate).toMatchObject({ items: 1, units: { '100 characters': 10 }, costUsd: 0.1 });
    expect(await offers.estimate(userId, { analysers: ['sentiment'], all: true })).toMatchObject({
      items: 2,
      costUsd: 0.2,
    });
    await app.get(AnalysisActions).start(items[0]!, { analysers: ['sentiment'] });
    expect(await offers.estimate(userId, { analysers: ['sentiment'], all: true })).toMatchObject({
      items: 1,
      costUsd: 0.1,
    });
  });
});
