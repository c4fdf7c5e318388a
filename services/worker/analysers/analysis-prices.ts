import { Injectable } from '@nestjs/common';
import {
  AnalysisBudget,
  AnalysisPreferences,
  AnalysisRepository,
  costMicros,
  unitsOf,
  type ClaimedAnalysis,
} from '#media';

/** What analyses cost, and whether the budgets cover it. */
@Injectable()
export class AnalysisPrices {
  constructor(
    private readonly analyses: AnalysisRepository,
    private readonly preferences: AnalysisPreferences,
    private readonly budget: AnalysisBudget,
  ) {}

  /**
   * Reserves the price of a run, once however many deliveries it has. `characters`: of the text that is read.
   * @returns the price in millionths of a dollar, or null when a budget does not cover it
   */
  async reserve(claim: ClaimedAnalysis, token: string, characters?: number): Promise<number | null> {
    const { item, analyser, entry } = claim;
    if (entry.costMonth) return entry.costMicros;
    const choice = this.preferences.choices[analyser];
    const cost = choice?.provider === entry.provider ? costMicros(choice, unitsOf(analyser, item, characters)) : 0;
    if (cost === 0) return 0;
    const costMonth = await this.budget.reserve(item.userId, cost);
    if (!costMonth) return null;
    Object.assign(entry, { costMicros: cost, costMonth });
    await this.analyses.recordReservation(claim, token, entry);
    return cost;
  }

  /** Corrects the reservation of a run that ended. */
  async settle({ item, entry }: ClaimedAnalysis, actualMicros: number): Promise<void> {
    if (entry.costMonth) await this.budget.settle(item.userId, entry.costMonth, actualMicros - entry.costMicros);
  }
}
