import { analysers, type AnalyserResults } from '#contracts';
import type { VisionResults } from '../../vision/job';
import type { LocalVision } from '../../vision/local-vision';
import type { Analyser, AnalysisSubject, OnProgress } from '../analyser';
import { lookAtAll } from '../pictures';

type Scores = VisionResults['moderation'];

/** From here on the larger model decides: the small one calls sand dunes, dogs and bartenders unsafe at up to 0.8. */
const DOUBTFUL = 0.15;
/** Least score of a category that is reported. */
const REPORTED = 0.15;
/** Least score of explicit content at which a picture is flagged; what is merely suggestive is not. */
const FLAGGED = 0.5;

/** Names as people say them, for the classes of the models. */
const categories = { porn: 'explicit nudity', hentai: 'explicit drawing', sexy: 'suggestive' } as const;

/** Explicit and suggestive content, by two models in packages: the larger is asked where the small one doubts. */
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
      verdicts.push(isDoubtful(result) ? await this.vision.look('secondOpinion', path, signal) : result);
    return toResult(verdicts);
  }

  async close(): Promise<void> {
    await this.vision.close();
  }
}

const isDoubtful = ({ porn, hentai, sexy }: Scores) => porn + hentai + sexy >= DOUBTFUL;

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
