import { analysers, type AnalyserResults } from '#contracts';
import type { LocalVision } from '../../vision/local-vision';
import type { Analyser, AnalysisSubject, OnProgress } from '../analyser';
import { lookAtAll } from '../pictures';

type Labels = AnalyserResults['labels'];
type Label = Labels['labels'][number];

/** Objects, a count of faces, and the sort of picture, by models in packages. */
export class LocalLabels implements Analyser<'labels'> {
  readonly provider = 'local';
  readonly model = analysers.labels.providers.local.model;

  constructor(private readonly vision: LocalVision) {}

  /** @throws {AnalyserFailure} analyser_timeout, too_large */
  async analyse(subject: AnalysisSubject, signal: AbortSignal, onProgress: OnProgress): Promise<Labels> {
    const frames = await lookAtAll(this.vision, 'labels', subject, signal, onProgress);
    const found = new Map<string, Label>();
    for (const { atSeconds, result } of frames)
      for (const { name, confidence, boxes } of result.labels) {
        const before = found.get(name);
        found.set(name, {
          name,
          confidence: Math.max(confidence, before?.confidence ?? 0),
          boxes: atSeconds === null ? boxes : [], // what moves has no box in the whole film
          atSeconds: [...(before?.atSeconds ?? []), ...(atSeconds === null ? [] : [atSeconds])],
        });
      }
    return {
      labels: [...found.values()].toSorted((a, b) => b.confidence - a.confidence),
      faces: Math.max(0, ...frames.map(({ result }) => result.faces)),
    };
  }

  async close(): Promise<void> {
    await this.vision.close();
  }
}
