import { z } from 'zod';

/** What can be found out about the content of a completed medium, each a tracked piece of work of its own. */
export const analyserNames = ['labels', 'moderation', 'text', 'speech', 'sentiment'] as const;
export type AnalyserName = (typeof analyserNames)[number];

/** Who does the work: this machine, a server with the audio API of OpenAI, or AWS. */
export const analysisProviders = ['local', 'http', 'aws'] as const;
export type AnalysisProvider = (typeof analysisProviders)[number];

/** Legal transitions: queued -> running -> completed | failed | skipped, and any end -> queued by the next run. */
export const analysisStatuses = ['queued', 'running', 'completed', 'failed', 'skipped'] as const;
export type AnalysisStatus = (typeof analysisStatuses)[number];

/** What is priced: a picture or a frame of a film, a minute of sound, a hundred characters of text. */
export const analysisUnits = ['image', 'minute', '100 characters'] as const;
export type AnalysisUnit = (typeof analysisUnits)[number];

interface AnalyserEntry {
  /** The kinds of media that it can analyse. */
  kinds: ReadonlyArray<'image' | 'video' | 'audio'>;
  unit: AnalysisUnit;
  /**
   * The providers that are implemented. `model`: stored with each result, so that those of another model are
   * recognized; null where the configuration names it. `priceUsd`: per unit, unless a `PRICE_…` setting overrides it.
   */
  providers: Partial<Record<AnalysisProvider, { model: string | null; priceUsd: number }>>;
}

/**
 * The analysers and their providers. For each provider the worker has an adapter (services/worker/analysers/index.ts):
 * one without the other does not compile.
 */
export const analysers = {
  labels: {
    kinds: ['image', 'video'],
    unit: 'image',
    providers: {
      local: { model: 'coco-ssd MobileNetV2, face-api 1.7.15', priceUsd: 0 },
      aws: { model: 'Rekognition DetectLabels', priceUsd: 0.001 },
    },
  },
  moderation: {
    kinds: ['image', 'video'],
    unit: 'image',
    providers: {
      local: { model: 'nsfwjs 4.4.0', priceUsd: 0 },
      aws: { model: 'Rekognition DetectModerationLabels', priceUsd: 0.001 },
    },
  },
  text: {
    kinds: ['image', 'video'],
    unit: 'image',
    providers: {
      local: { model: 'PP-OCRv4', priceUsd: 0 },
      aws: { model: 'Rekognition DetectText', priceUsd: 0.001 },
    },
  },
  speech: {
    kinds: ['audio', 'video'],
    unit: 'minute',
    // OpenAI's price; a server without a key costs nothing. Of AWS: the highest that was found, since it differs
    providers: {
      local: { model: null, priceUsd: 0 },
      http: { model: null, priceUsd: 0.006 },
      aws: { model: 'Transcribe', priceUsd: 0.024 },
    },
  },
  sentiment: {
    kinds: ['image', 'video', 'audio'],
    unit: '100 characters',
    providers: {
      local: { model: 'vader-sentiment 1.1.3, wink-nlp 2.4.0', priceUsd: 0 },
      aws: { model: 'Comprehend', priceUsd: 0.0003 }, // language, sentiment and key phrases
    },
  },
} as const satisfies Record<AnalyserName, AnalyserEntry>;

/** 0..1. */
const part = z.number().min(0).max(1);
const seconds = z.number().nonnegative();
/** BCP 47; null when it is unknown. */
const language = z.string().max(35).nullable();
/** Parts of the width and height of the upright picture, 0..1. */
const boxSchema = z.object({ x: part, y: part, width: part, height: part });

/** Best first. `atSeconds`: where in a film; empty for a picture. */
const labelsResult = z.object({
  labels: z.array(
    z.object({ name: z.string(), confidence: part, boxes: z.array(boxSchema), atSeconds: z.array(seconds) }),
  ),
  /** A count only, no features of them; null when faces were not looked for. */
  faces: z.int().nonnegative().nullable(),
});
const moderationResult = z.object({
  flagged: z.boolean(),
  categories: z.array(z.object({ name: z.string(), confidence: part })),
});
/** In reading order. `atSeconds`: where in a film; null for a picture. */
const textResult = z.object({
  language,
  lines: z.array(
    z.object({ text: z.string(), confidence: part, box: boxSchema.nullable(), atSeconds: seconds.nullable() }),
  ),
});
/** In order of time. Without speech `text` and `segments` are empty. */
const speechResult = z.object({
  language,
  text: z.string(),
  segments: z.array(z.object({ startSeconds: seconds, endSeconds: seconds, text: z.string() })),
});
export const textSources = ['speech', 'text', 'description'] as const;
export type TextSource = (typeof textSources)[number];
const sentimentResult = z.object({
  language: z.string().max(35),
  source: z.enum(textSources),
  overall: z.enum(['positive', 'negative', 'neutral', 'mixed']),
  /** Their sum is 1. */
  scores: z.object({ positive: part, negative: part, neutral: part, mixed: part }),
  /** Best first. */
  keyPhrases: z.array(z.object({ text: z.string(), score: part })),
});

/** The shape of the result of each analyser, the same for all providers. */
export const analyserResults = {
  labels: labelsResult,
  moderation: moderationResult,
  text: textResult,
  speech: speechResult,
  sentiment: sentimentResult,
} as const satisfies Record<AnalyserName, z.ZodType>;
export type AnalyserResults = { [N in AnalyserName]: z.infer<(typeof analyserResults)[N]> };

/**
 * Why an analysis failed or was skipped: a message (what happened, and what to do next), and whether another attempt
 * may succeed.
 */
export const analysisFailures = {
  analyser_unavailable: ['The analyser could not be reached for a long time. Try again later.', true],
  analyser_timeout: ['The analysis took longer than this server allows. Try again when it is less busy.', true],
  analyser_refused: ['The analyser does not accept this content. Nothing can be found out about it.', false],
  language_unsupported: ['The language of the text or speech is not supported by this analyser.', false],
  budget_exceeded: [
    'The budget of this month does not cover this analysis. Ask the operator for more, or wait for the next month.',
    true,
  ],
  too_large: ['This is larger or longer than the analyser accepts. Upload a shorter or smaller version.', false],
  no_text: ['There is no transcript, text or description to read. Write a description, then analyse it again.', true],
  analysis_error: ['Something went wrong on our side while analysing. The file is safe; try again.', true],
} as const satisfies Record<string, readonly [string, boolean]>;
export type AnalysisFailureCode = keyof typeof analysisFailures;
