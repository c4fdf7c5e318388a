import { z } from 'zod';
import { analyserNames, analysisProviders, analysisUnits } from './analysis';
import { analysisSchema } from './media';

const names = z.array(z.enum(analyserNames)).min(1).max(analyserNames.length);
export const analysersField = names.transform((list) => [...new Set(list)]);
const mediaIds = z.array(z.string().max(64)).min(1).max(100);
const usd = z.number().nonnegative();

/** `again`: also those that are completed. */
export const analyseRequest = z.strictObject({ analysers: analysersField, again: z.boolean().optional() });
export type AnalyseRequest = z.infer<typeof analyseRequest>;

export const analysisListResponse = z.object({ items: z.array(analysisSchema) }).meta({ id: 'AnalysisList' });
export type AnalysisList = z.infer<typeof analysisListResponse>;

/** What each analyser is here, and what the user wants to happen by itself. Prices and amounts in US dollars. */
export const analysisSettingsSchema = z
  .object({
    analysers: z.array(
      z.object({
        analyser: z.enum(analyserNames),
        provider: z.enum([...analysisProviders, 'off']),
        model: z.string(),
        automatic: z.boolean(),
        unit: z.enum(analysisUnits),
        priceUsd: usd,
      }),
    ),
    /** Of this user and month; `resetsAt`: when the next month begins (UTC). */
    budget: z.object({ monthlyUsd: usd.nullable(), spentUsd: usd, resetsAt: z.iso.datetime() }),
  })
  .meta({ id: 'AnalysisSettings' });
export type AnalysisSettings = z.infer<typeof analysisSettingsSchema>;

export const updateAnalysisRequest = z.strictObject({
  automatic: z.strictObject(Object.fromEntries(analyserNames.map((name) => [name, z.boolean().optional()]))),
});
export type UpdateAnalysisRequest = z.infer<typeof updateAnalysisRequest>;

/** Of some media, or of the whole library. */
export const estimateRequest = z
  .strictObject({ analysers: analysersField, ids: mediaIds.optional(), all: z.literal(true).optional() })
  .refine(({ ids, all }) => (ids === undefined) !== (all === undefined), {
    path: ['ids'],
    message: 'Send either `ids` or `all: true`.',
  });
export type EstimateRequest = z.infer<typeof estimateRequest>;

/** What a request for the same analyses would start. `items`: analyses; `seconds`: a range for the work. */
export const analysisEstimateSchema = z
  .object({
    items: z.int().nonnegative(),
    units: z.partialRecord(z.enum(analysisUnits), usd),
    costUsd: usd,
    seconds: z.tuple([z.number(), z.number()]),
  })
  .meta({ id: 'AnalysisEstimate' });
export type AnalysisEstimate = z.infer<typeof analysisEstimateSchema>;
