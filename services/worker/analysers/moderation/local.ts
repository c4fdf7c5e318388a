import { analysers, type AnalyserResults } from '#contracts';
import type { VisionResults } from '../../vision/job';
import type { LocalVision } from '../../vision/local-vision';
import type { Analyser, AnalysisSubject, OnProgress } from '../analyser';
import { lookAtAll } from '../pictures';

type Scores = VisionResults['moderation'];

/** From here on a larger model is asked, too. Each alone calls hands, candles and evening dresses explicit at 0.8. */
const DOUBTFUL = 0.15;
/** Least score of a category that is reported. */
const REPORTED = 0.15;
/** Least score of explicit content at which a picture is flagged; what is merely suggestive is not. */
const FLAGGED = 0.6;

/** Names as people say them, for the classes of the models. */
const categories = { porn: 'explicit nudity', hentai: 'explicit drawing', sexy: 'suggestive' } as const;

/** Explicit and suggestive content, by two models in packages: where the small one doubts, the mean of both. */
export class LocalModeration implements Analyser<'moderation'> {
  readonly provider = 'local';
  readonly model = analysers.moderation.providers.local.model;

  constructor(private readonly vision: LocalVision) {}

  /** @throws {AnalyserFailure} analyser_timeout, too_large */
  async analyse(
    subject: AnalysisSubject,
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<AnalyserResults['moderation']> {
    const pictures = await lookAtAll(this.vision, 'moderation', subject, signal, onProgress);
    const verdicts: Scores[] = [];
    for (const { path, result } of pictures)
      verdicts.push(isDoubtful(result) ? mean(result, await this.vision.look('secondOpinion', path, signal)) : result);
    return toResult(verdicts);
  }

  async close(): Promise<void> {
    await this.vision.close();
  }
}

const isDoubtful = ({ porn, hentai, sexy }: Scores) => porn + hentai + sexy >= DOUBTFUL;

export function mean(first: Scores, second: Scores): Scores {
  const names = Object.keys(first) as Array<keyof Scores>;
  return Object.fromEntries(names.map((name) => [name, (first[name] + second[name]) / 2])) as Scores;
}

/** The worst of all pictures decides. */
export function toResult(verdicts: readonly Scores[]): AnalyserResults['moderation'] {
  const names = Object.keys(categories) as Array<keyof typeof categories>;
  return {
    flagged: verdicts.some(({ porn, hentai }) => porn + hentai >= FLAGGED),
    categories: names
      .map((name) => ({ name: categories[name], confidence: Math.max(0, ...verdicts.map((scores) => scores[name])) }))
      .filter(({ confidence }) => confidence >= REPORTED)
      .toSorted((a, b) => b.confidence - a.confidence),
  };
}
