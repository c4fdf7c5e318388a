declare module 'vader-sentiment' {
  /** `compound` is -1 (negative) to 1 (positive). */
  export const SentimentIntensityAnalyzer: {
    polarity_scores(sentence: string): { pos: number; neg: number; neu: number; compound: number };
  };
}
