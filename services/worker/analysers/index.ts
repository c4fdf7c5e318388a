import { join } from 'node:path';
import type { Redis } from 'ioredis';
import type { Config } from '#config';
import type { analysers, AnalyserName } from '#contracts';
import type { Storage } from '#platform';
import { visionOf } from '../vision/local-vision';
import type { Analyser } from './analyser';
import { awsAccess } from './aws/call';
import { AwsSentiment } from './aws/comprehend';
import { awsLabels, awsModeration, awsText } from './aws/rekognition';
import { AwsSpeech } from './aws/transcribe';
import { LocalLabels } from './labels/local';
import { LocalModeration } from './moderation/local';
import { LocalSentiment } from './sentiment/local';
import { HttpSpeech } from './speech/http/http';
import { LocalSpeech } from './speech/local/local';
import { LocalText } from './text/local';

/** What adapters may need besides the configuration. */
export interface AdapterParts {
  redis: Redis;
  storage: Storage;
}

/** For each provider that `analysers` (libs/contracts/analysis.ts) names, how its adapter is made. */
type Registry = {
  [N in AnalyserName]: {
    [P in keyof (typeof analysers)[N]['providers']]: (
      config: Config,
      parts: AdapterParts,
    ) => Analyser<N> & { provider: P };
  };
};

/** The adapters. Add a line here, and its model and price to `analysers`; one without the other does not compile. */
export const registry: Registry = {
  labels: {
    local: (config) => new LocalLabels(visionOf(config)),
    aws: (config, { redis }) => awsLabels(awsAccess(config, redis)),
  },
  moderation: {
    local: (config) => new LocalModeration(visionOf(config)),
    aws: (config, { redis }) => awsModeration(awsAccess(config, redis)),
  },
  text: {
    local: (config) => new LocalText(visionOf(config)),
    aws: (config, { redis }) => awsText(awsAccess(config, redis)),
  },
  speech: {
    // the configuration ensures that there are a folder, an address, a model and a bucket
    local: ({ speech, dataDir }) => new LocalSpeech(speech.modelDir!, join(dataDir, 'work'), speech.model ?? undefined),
    http: ({ speech }) => new HttpSpeech({ url: speech.url!, apiKey: speech.apiKey, model: speech.model! }),
    aws: (config, { redis, storage }) =>
      new AwsSpeech({
        access: awsAccess(config, redis),
        storage,
        bucket: config.s3Bucket!,
        prefix: config.tablePrefix,
      }),
  },
  sentiment: {
    local: () => new LocalSentiment(),
    aws: (config, { redis }) => new AwsSentiment(awsAccess(config, redis)),
  },
};
