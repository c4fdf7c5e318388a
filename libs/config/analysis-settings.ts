import { resolve } from 'node:path';
import { z } from 'zod';

const provider = <P extends string>(...names: P[]) => z.enum(['off', ...names] as const);
/** US dollars. */
const usd = z.coerce.number().min(0).max(1_000_000);

/** The settings of analyses: which provider each analyser has, what it costs, and how much may be spent. */
export const analysisSettings = {
  ANALYSE_LABELS: provider('local', 'aws').default('local'),
  ANALYSE_MODERATION: provider('local', 'aws').default('local'),
  ANALYSE_TEXT: provider('local', 'aws').default('local'),
  ANALYSE_SENTIMENT: provider('local', 'aws').default('local'),
  ANALYSE_SPEECH: provider('local', 'http', 'aws').default('off'),
  SPEECH_URL: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .default(null),
  SPEECH_API_KEY: z.string().nullable().default(null),
  SPEECH_MODEL: z.string().min(1).nullable().default(null),
  SPEECH_MODEL_DIR: z.string().min(1).nullable().default(null),
  ANALYSIS_MONTHLY_BUDGET_USD: usd.default(0),
  ANALYSIS_USER_MONTHLY_BUDGET_USD: usd.nullable().default(null),
  PRICE_LABELS: usd.nullable().default(null),
  PRICE_MODERATION: usd.nullable().default(null),
  PRICE_TEXT: usd.nullable().default(null),
  PRICE_SPEECH: usd.nullable().default(null),
  PRICE_SENTIMENT: usd.nullable().default(null),
};

type AnalysisSettings = z.infer<z.ZodObject<typeof analysisSettings>>;

/** Returns the name of the setting without which the provider of speech cannot work, or null. */
export function missingSpeechSetting(settings: AnalysisSettings & { S3_BUCKET: string | null }): string | null {
  if (settings.ANALYSE_SPEECH === 'aws' && !settings.S3_BUCKET) return 'S3_BUCKET';
  if (settings.ANALYSE_SPEECH === 'http' && !settings.SPEECH_URL) return 'SPEECH_URL';
  return settings.ANALYSE_SPEECH === 'local' && !settings.SPEECH_MODEL_DIR ? 'SPEECH_MODEL_DIR' : null;
}

/** Returns the part of the configuration that concerns analyses. */
export function toAnalysisConfig(settings: AnalysisSettings) {
  return {
    /** The provider of each analyser. */
    analyse: {
      labels: settings.ANALYSE_LABELS,
      moderation: settings.ANALYSE_MODERATION,
      text: settings.ANALYSE_TEXT,
      speech: settings.ANALYSE_SPEECH,
      sentiment: settings.ANALYSE_SENTIMENT,
    },
    speech: {
      url: settings.SPEECH_URL,
      apiKey: settings.SPEECH_API_KEY,
      /** Of a server; `whisper-1` is what OpenAI has, and what servers with one model accept as well. */
      model: settings.SPEECH_MODEL ?? (settings.ANALYSE_SPEECH === 'http' ? 'whisper-1' : null),
      modelDir: settings.SPEECH_MODEL_DIR && resolve(settings.SPEECH_MODEL_DIR),
    },
    /** US dollars a month. `user`: null without a limit of its own. */
    analysisBudgetUsd: { all: settings.ANALYSIS_MONTHLY_BUDGET_USD, user: settings.ANALYSIS_USER_MONTHLY_BUDGET_USD },
    /** US dollars for each unit of an analyser; null: the price of its provider in libs/contracts/analysis.ts. */
    analysisPriceUsd: {
      labels: settings.PRICE_LABELS,
      moderation: settings.PRICE_MODERATION,
      text: settings.PRICE_TEXT,
      speech: settings.PRICE_SPEECH,
      sentiment: settings.PRICE_SENTIMENT,
    },
  } as const;
}
