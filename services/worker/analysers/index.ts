import type { Config } from '#config';
import type { analysers, AnalyserName } from '#contracts';
import { visionOf } from '../vision/local-vision';
import type { Analyser } from './analyser';
import { LocalLabels } from './labels/local';
import { LocalModeration } from './moderation/local';
import { LocalSentiment } from './sentiment/local';
import { LocalText } from './text/local';

/** For each provider that `analysers` (libs/contracts/analysis.ts) names, how its adapter is made. */
type Registry = {
  [N in AnalyserName]: {
    [P in keyof (typeof analysers)[N]['providers']]: (config: Config) => Analyser<N> & { provider: P };
  };
};

/** The adapters. Add a line here, and its model and price to `analysers`; one without the other does not compile. */
export const registry: Registry = {
  labels: { local: (config) => new LocalLabels(visionOf(config)) },
  moderation: { local: (config) => new LocalModeration(visionOf(config)) },
  text: { local: (config) => new LocalText(visionOf(config)) },
  speech: {},
  sentiment: { local: () => new LocalSentiment() },
};
