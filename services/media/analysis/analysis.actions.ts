import { Injectable } from '@nestjs/common';
import { analyserNames, type AnalyseRequest, type AnalyserName, type Analysis, type AnalysisList } from '#contracts';
import {
  AnalysisRepository,
  AnalysisResults,
  analysisState,
  MediaAnnouncer,
  type AnalysisEntry,
  type MediaItem,
  type MediaKey,
} from '#media';
import { ProblemError } from '#nest';
import { LibraryReader } from '../library/library.reader';
import { AnalysisOffers } from './analysis-offers';

/** The analyses of a user's media: what they found, and new ones. */
@Injectable()
export class AnalysisActions {
  constructor(
    private readonly library: LibraryReader,
    private readonly analyses: AnalysisRepository,
    private readonly results: AnalysisResults,
    private readonly offers: AnalysisOffers,
    private readonly announcer: MediaAnnouncer,
  ) {}

  /** @throws {ProblemError} not_found */
  async list(key: MediaKey): Promise<AnalysisList> {
    return this.show(await this.library.get(key));
  }

  /** @throws {ProblemError} not_found, not_completed, analyser_off, budget_exceeded */
  async start(key: MediaKey, { analysers, again = false }: AnalyseRequest): Promise<AnalysisList> {
    const item = await this.library.get(key);
    if (item.status !== 'completed') throw new ProblemError('not_completed');
    const starts = await this.offers.starts(item, analysers, again);
    const requested = await this.analyses.request(key, starts, again);
    if (!requested) throw new ProblemError('not_found'); // deleted meanwhile
    await this.announcer.pushDetails(requested);
    await this.announcer.wakeAnalyses(requested);
    return this.show(requested);
  }

  private async show(item: MediaItem): Promise<AnalysisList> {
    const shown = analyserNames.flatMap((name) => {
      const entry = item.analyses?.[name];
      return entry ? [this.showOne(item, name, entry)] : [];
    });
    return { items: await Promise.all(shown) };
  }

  private async showOne(item: MediaItem, name: AnalyserName, entry: AnalysisEntry): Promise<Analysis> {
    const { requestedBy, startedAt, durationMs } = entry;
    const result = await this.results.read(item, name);
    return { ...analysisState(name, entry), requestedBy, startedAt, durationMs, result };
  }
}
