import { Injectable } from '@nestjs/common';
import type { AnalyseRequest, AnalysisList } from '#contracts';
import { AnalysisRepository, AnalysisResults, MediaAnnouncer, type MediaKey } from '#media';
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
    return { items: await this.results.show(await this.library.get(key)) };
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
    return { items: await this.results.show(requested) };
  }
}
