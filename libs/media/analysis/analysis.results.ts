import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { analyserResults, type AnalyserName, type AnalyserResults } from '#contracts';
import { ObjectMissingError, type Storage } from '#platform';
import type { MediaItem } from '../media.item';
import { derivedFolder } from '../storage-layout';

const resultKey = (mediaId: string, token: string, name: AnalyserName) =>
  `${derivedFolder(mediaId, token)}${name}.json`;

/** The results of analyses, each as a JSON file in the folder of the delivery that found it. */
export class AnalysisResults {
  constructor(private readonly storage: Storage) {}

  async write<N extends AnalyserName>(mediaId: string, token: string, name: N, result: AnalyserResults[N]) {
    const bytes = Buffer.from(JSON.stringify(result));
    await this.storage.write(resultKey(mediaId, token, name), Readable.from([bytes]), {
      contentType: 'application/json',
    });
  }

  /** Returns the latest result of an analyser; null when there is none, or its file is lost. */
  async read<N extends AnalyserName>({ id, analyses }: MediaItem, name: N): Promise<AnalyserResults[N] | null> {
    const token = analyses?.[name]?.resultToken;
    if (!token) return null;
    try {
      const stored = await text(await this.storage.read(resultKey(id, token, name)));
      return (analyserResults[name].safeParse(JSON.parse(stored)).data as AnalyserResults[N] | undefined) ?? null;
    } catch (error) {
      if (error instanceof ObjectMissingError || error instanceof SyntaxError) return null;
      throw error;
    }
  }

  /** Deletes the result that another one has replaced. */
  async erase(mediaId: string, token: string): Promise<void> {
    await this.storage.deletePrefix(derivedFolder(mediaId, token));
  }
}
