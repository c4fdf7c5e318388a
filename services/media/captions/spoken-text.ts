import { Injectable } from '@nestjs/common';
import { AnalysisResults, type MediaKey } from '#media';
import { ProblemError } from '#nest';
import { LibraryReader } from '../library/library.reader';
import { toSrt, toTranscript, toVtt } from './captions';

const formats = { vtt: toVtt, srt: toSrt, txt: toTranscript };

/** What is said in a medium, as files for players and readers. */
@Injectable()
export class SpokenText {
  constructor(
    private readonly library: LibraryReader,
    private readonly results: AnalysisResults,
  ) {}

  /** @throws {ProblemError} not_found; not_ready while the speech is not analysed */
  async read(key: MediaKey, format: keyof typeof formats): Promise<string> {
    const speech = await this.results.read(await this.library.get(key), 'speech');
    if (!speech) throw new ProblemError('not_ready');
    return formats[format](speech);
  }
}
