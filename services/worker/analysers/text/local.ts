import { analysers, type AnalyserResults } from '#contracts';
import type { LocalVision } from '../../vision/local-vision';
import type { Analyser, AnalysisSubject, OnProgress } from '../analyser';
import { lookAtAll } from '../pictures';

/** Text in pictures, by the PP-OCRv4 models: Latin letters mostly without accents, and Chinese. */
export class LocalText implements Analyser<'text'> {
  readonly provider = 'local';
  readonly model = analysers.text.providers.local.model;

  constructor(private readonly vision: LocalVision) {}

  /** @throws {AnalyserFailure} analyser_timeout, too_large */
  async analyse(
    subject: AnalysisSubject,
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<AnalyserResults['text']> {
    const pictures = await lookAtAll(this.vision, 'text', subject, signal, onProgress);
    const seen = new Set<string>();
    const lines = pictures.flatMap(({ atSeconds, result }) =>
      result.map((line) => ({ ...line, atSeconds })).filter(({ text }) => atSeconds === null || isNew(text, seen)),
    );
    return { language: null, lines };
  }

  async close(): Promise<void> {
    await this.vision.close();
  }
}

/** A title or logo is in many frames of a film: it is listed where it is first seen. */
function isNew(text: string, seen: Set<string>): boolean {
  if (seen.has(text)) return false;
  seen.add(text);
  return true;
}
