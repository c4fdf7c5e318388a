import { Injectable } from '@nestjs/common';
import {
  analyserNames,
  analysers,
  type AnalyserName,
  type AnalysisEstimate,
  type AnalysisSettings,
  type AnalysisUnit,
  type EstimateRequest,
  type UpdateAnalysisRequest,
} from '#contracts';
import {
  AnalysisBudget,
  AnalysisPreferences,
  budgetResetsAt,
  canAnalyse,
  costMicros,
  MediaLists,
  startsNextRun,
  toUsd,
  unitsOf,
  type MediaItem,
} from '#media';
import { ProblemError } from '#nest';
import { newId } from '#platform';

/** Seconds of work for one unit, on a fast machine and on a slow one, from measurements; wide on purpose. */
const UNIT_SECONDS: Record<AnalysisUnit, readonly [number, number]> = {
  image: [0.1, 4],
  minute: [2, 60],
  '100 characters': [0.01, 0.5],
};

/** What analyses are offered, at which price, and within which budget. */
@Injectable()
export class AnalysisOffers {
  constructor(
    private readonly preferences: AnalysisPreferences,
    private readonly budget: AnalysisBudget,
    private readonly lists: MediaLists,
  ) {}

  async settings(userId: string): Promise<AnalysisSettings> {
    const [automatic, { spentMicros }] = await Promise.all([
      this.preferences.automatic(userId),
      this.budget.read(userId),
    ]);
    const offers = analyserNames.map((analyser) => {
      const choice = this.preferences.choices[analyser];
      return {
        analyser,
        provider: choice?.provider ?? ('off' as const),
        model: choice?.model ?? '',
        automatic: automatic[analyser] ?? false,
        unit: analysers[analyser].unit,
        priceUsd: toUsd(choice?.priceMicros ?? 0),
      };
    });
    const { monthlyUsd } = this.budget;
    return { analysers: offers, budget: { monthlyUsd, spentUsd: toUsd(spentMicros), resetsAt: budgetResetsAt() } };
  }

  /** @throws {ProblemError} analyser_off */
  async update(userId: string, { automatic }: UpdateAnalysisRequest): Promise<AnalysisSettings> {
    const changes = Object.fromEntries(Object.entries(automatic).filter(([, value]) => value !== undefined));
    for (const name of Object.keys(changes) as AnalyserName[]) if (changes[name]) this.choiceOf(name);
    await this.preferences.setAutomatic(userId, changes as Record<AnalyserName, boolean>);
    return this.settings(userId);
  }

  /**
   * Returns the runs that a request starts.
   * @throws {ProblemError} analyser_off, budget_exceeded
   */
  async starts(item: MediaItem, names: readonly AnalyserName[], again: boolean) {
    const starts = names.map((analyser) => ({ analyser, ...this.choiceOf(analyser, item) }));
    const due = starts.filter(({ analyser }) => startsNextRun(item.analyses?.[analyser], again));
    const micros = due.reduce((sum, start) => sum + costMicros(start, unitsOf(start.analyser, item)), 0);
    if (micros > 0 && micros > (await this.budget.read(item.userId)).leftMicros)
      throw new ProblemError('budget_exceeded');
    return starts;
  }

  /** @throws {ProblemError} analyser_off */
  async estimate(userId: string, { analysers: names, ids }: EstimateRequest): Promise<AnalysisEstimate> {
    const choices = names.map((name) => [name, this.choiceOf(name)] as const);
    const media = ids ? await this.lists.among(userId, [...new Set(ids)]) : this.lists.upTo(userId, newId());
    const units: AnalysisEstimate['units'] = {};
    let [items, micros] = [0, 0];
    for await (const item of media) {
      for (const [name, choice] of choices) {
        const isStarted = startsNextRun(item.analyses?.[name], false) && canAnalyse(name, item);
        if (item.status !== 'completed' || !isStarted) continue;
        const count = unitsOf(name, item);
        items += 1;
        micros += costMicros(choice, count);
        units[choice.unit] = (units[choice.unit] ?? 0) + count;
      }
    }
    return { items, units, costUsd: toUsd(micros), seconds: [secondsOf(units, 0), secondsOf(units, 1)] };
  }

  /** @throws {ProblemError} analyser_off, also for a medium in which the analyser can find nothing */
  private choiceOf(name: AnalyserName, item?: MediaItem) {
    const choice = this.preferences.choices[name];
    if (!choice || (item && !canAnalyse(name, item))) throw new ProblemError('analyser_off');
    return choice;
  }
}

const secondsOf = (units: AnalysisEstimate['units'], bound: 0 | 1) =>
  Object.entries(units).reduce((sum, [unit, count]) => sum + count * UNIT_SECONDS[unit as AnalysisUnit][bound], 0);
