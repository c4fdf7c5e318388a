import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import type { AnalyserName } from '#contracts';
import { AnalysisResults, derivedFolder, frameCount, originalKey, type ClaimedAnalysis, type MediaItem } from '#media';
import { CONFIG, openTempFolder, STORAGE, type Storage } from '#platform';
import { AnalyserFailure, type AnalysisSubject, type Picture } from './analyser';
import { extractFrames, extractSound, type Source } from './subject-files';

/** Makes the subjects of analyses: what an adapter sees of a medium. */
@Injectable()
export class Subjects {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(STORAGE) private readonly storage: Storage,
    private readonly results: AnalysisResults,
  ) {}

  /** Calls `use` with the subject of a claimed analysis, whose files are deleted afterwards. */
  async withSubject<T>(
    { item, analyser, entry }: ClaimedAnalysis,
    signal: AbortSignal,
    use: (subject: AnalysisSubject) => Promise<T>,
  ): Promise<T> {
    const folder = await openTempFolder(join(this.config.dataDir, 'work'));
    const subject: AnalysisSubject = {
      mediaId: item.id,
      userId: item.userId,
      run: entry.run,
      kind: item.kind,
      durationSeconds: item.durationSeconds,
      width: item.width,
      height: item.height,
      folder: folder.dir,
      pictures: () => this.pictures(item, folder.dir, signal),
      sound: () => this.sound(item, folder.dir, signal),
      text: await this.textFor(analyser, item),
      state: entry.state ?? null,
    };
    try {
      return await use(subject);
    } finally {
      await folder.erase();
    }
  }

  private async pictures(item: MediaItem, folder: string, signal: AbortSignal): Promise<Picture[]> {
    if (item.kind === 'image') return [{ path: await this.copyOfPreview(item, folder), atSeconds: null }];
    const durationSeconds = item.durationSeconds ?? 0;
    const frames = { count: frameCount(durationSeconds), durationSeconds };
    const pictures = await this.withPlayable(item, (source) => extractFrames(source, folder, frames, signal));
    if (pictures.length === 0) throw new AnalyserFailure('analyser_refused', false, 'no frame could be decoded');
    return pictures;
  }

  private sound(item: MediaItem, folder: string, signal: AbortSignal): Promise<string> {
    return this.withPlayable(item, (source) => extractSound(source, folder, signal));
  }

  private async copyOfPreview({ id, derived, derivedToken }: MediaItem, folder: string): Promise<string> {
    const preview = derived?.preview;
    if (!preview || preview === 'original') throw new AnalyserFailure('analyser_refused', false, 'there is no preview');
    const copy = join(folder, preview.name);
    const key = `${derivedFolder(id, derivedToken!)}${preview.name}`;
    await this.storage.withLocalFile(key, ({ path }) => copyFile(path, copy));
    return copy;
  }

  /** Calls `use` with the rendition of a film or sound, or with the original where that is played itself. */
  private withPlayable<T>(item: MediaItem, use: (source: Source) => Promise<T>): Promise<T> {
    const preview = item.derived?.preview;
    if (!preview || preview === 'original')
      return this.storage.withLocalFile(originalKey(item), ({ path }) => use({ path, contentType: item.contentType }));
    const key = `${derivedFolder(item.id, item.derivedToken!)}${preview.name}`;
    return this.storage.withLocalFile(key, ({ path }) => use({ path, contentType: preview.contentType }));
  }

  /** The best source that is not empty; null for analysers that read no text. */
  private async textFor(name: AnalyserName, item: MediaItem): Promise<AnalysisSubject['text']> {
    if (name !== 'sentiment') return null;
    const speech = (await this.results.read(item, 'speech'))?.text.trim();
    if (speech) return { source: 'speech', content: speech };
    const lines = (await this.results.read(item, 'text'))?.lines ?? [];
    const text = lines
      .map((line) => line.text)
      .join('\n')
      .trim();
    if (text) return { source: 'text', content: text };
    return item.description ? { source: 'description', content: item.description } : null;
  }
}
