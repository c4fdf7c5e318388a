import type { Config } from '#config';
import { analyserNames, type AnalyserName } from '#contracts';
import type { Dynamo } from '#platform';
import { isCanary } from '../canary';
import { partitionKey } from '../partitions';
import { canAnalyse, chooseAnalysers, type Analysable, type AnalyserChoices } from './analysis-choices';
import { queuedEntry, type AnalysisEntries } from './analysis.entry';

/** Which analysers run by themselves; absent: as the configuration has it. */
export type Automatic = Partial<Record<AnalyserName, boolean>>;

/** Returns the analyses with which a medium of a user begins when it is completed. */
export type AutomaticAnalyses = (
  userId: string,
  medium: Analysable & { description: string },
) => Promise<AnalysisEntries>;

const rowKey = (userId: string) => ({ userId: partitionKey(userId, 'analysis'), id: 'preferences' });

/** What a user wants to happen by itself. */
export class AnalysisPreferences {
  readonly choices: AnalyserChoices;

  constructor(
    private readonly dynamo: Dynamo,
    config: Config,
  ) {
    this.choices = chooseAnalysers(config);
  }

  /** Returns for each analyser that is on whether it runs by itself. */
  async automatic(userId: string): Promise<Automatic> {
    const names = Object.keys(this.choices) as AnalyserName[];
    if (names.length === 0) return {};
    const row = await this.dynamo.get<{ automatic: Automatic }>('media', rowKey(userId));
    return Object.fromEntries(names.map((name) => [name, row?.automatic[name] ?? this.choices[name]!.isAutomatic]));
  }

  /** Changes the given ones. */
  async setAutomatic(userId: string, changes: Automatic): Promise<void> {
    const key = rowKey(userId);
    const row = await this.dynamo.get<{ automatic: Automatic }>('media', key);
    await this.dynamo.put('media', { ...key, schemaVersion: 1, automatic: { ...row?.automatic, ...changes } });
  }

  /** See {@link AutomaticAnalyses}. */
  async automaticFor(...[userId, medium]: Parameters<AutomaticAnalyses>): ReturnType<AutomaticAnalyses> {
    if (isCanary(userId)) return {};
    const automatic = await this.automatic(userId);
    const starts = analyserNames.filter((name) => automatic[name] && canAnalyse(name, medium));
    const hasText = starts.includes('speech') || starts.includes('text') || medium.description !== '';
    return Object.fromEntries(
      starts
        .filter((name) => name !== 'sentiment' || hasText)
        .map((name) => {
          const { provider, model } = this.choices[name]!;
          return [name, queuedEntry({ provider, model, requestedBy: 'automatic' })];
        }),
    );
  }
}
