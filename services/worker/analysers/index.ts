import type { Config } from '#config';
import type { analysers, AnalyserName } from '#contracts';
import type { Analyser } from './analyser';
import { LocalSentiment } from './sentiment/local';

/** For each provider that `analysers` (libs/contracts/analysis.ts) names, how its adapter is made. */
type Registry = {
  [N in AnalyserName]: {
    [P in keyof (typeof analysers)[N]['providers']]: (config: Config) => Analyser<N> & { provider: P };
  };
};

/** The adapters. Add a line here, and its model and price to `analysers`; one without the other does not compile. */
export const registry: Registry = {
  labels: {},
  moderation: {},
  text: {},
  speech: {},
  sentiment: { local: () => new LocalSentiment() },
};
