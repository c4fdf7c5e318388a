import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { analyserNames, analyserResults, type AnalyserName, type AnalyserResults, type Analysis } from '#contracts';
import { ObjectMissingError, type Storage } from '#platform';
import type { MediaItem, MediaKey } from '../media.item';
import type { SearchIndex } from '../search/search-index';
import { foundWords, resultParts, searchWords, type SearchPart } from '../search/search-text';
import { derivedFolder } from '../storage-layout';
import { analysisState } from './analysis.entry';

/** The file of a result in the folder of its delivery. */
export const resultName = (name: AnalyserName) => `${name}.json`;
const resultKey = (mediaId: string, token: string, name: AnalyserName) =>
  `${derivedFolder(mediaId, token)}${resultName(name)}`;

/** The analysers in whose results words are searched. */
const withWords = ['text', 'speech'] as const satisfies readonly AnalyserName[];
const hasWords = (name: AnalyserName): name is (typeof withWords)[number] =>
  (withWords as readonly string[]).includes(name);

/**
 * The results of analyses, each as a JSON file in the folder of the delivery that found it, and the words by which they
 * are found.
 */
export class AnalysisResults {
  constructor(
    private readonly storage: Storage,
    private readonly index: SearchIndex,
  ) {}

  /** Stores a result, before its run ends. `found`: what lists of media receive of it. */
  async write<N extends AnalyserName>(
    item: MediaKey & Pick<MediaItem, 'labels' | 'flagged'>,
    token: string,
    { name, result, found }: { name: N; result: AnalyserResults[N]; found?: Pick<MediaItem, 'labels' | 'flagged'> },
  ): Promise<void> {
    const bytes = Buffer.from(JSON.stringify(result));
    await this.storage.write(resultKey(item.id, token, name), Readable.from([bytes]), {
      contentType: 'application/json',
    });
    if (hasWords(name)) await this.index.put(item, name, searchWords(name, resultParts(name, result)));
    if (found) await this.index.put(item, 'labels', foundWords({ ...item, ...found }));
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

  /** Returns the analyses of a medium with their results, as its owner sees them. */
  async show(item: MediaItem): Promise<Analysis[]> {
    const shown = analyserNames.flatMap((name) => {
      const entry = item.analyses?.[name];
      return entry ? [{ name, entry }] : [];
    });
    return Promise.all(
      shown.map(async ({ name, entry }) => {
        const { requestedBy, startedAt, durationMs } = entry;
        const result = await this.read(item, name);
        return { ...analysisState(name, entry), requestedBy, startedAt, durationMs, result };
      }),
    );
  }

  /** Returns the parts of the latest result in which words are searched. */
  async parts(item: MediaItem, name: (typeof withWords)[number]): Promise<SearchPart[]> {
    const result = await this.read(item, name);
    return result ? resultParts(name, result) : [];
  }

  /** Erases what a new result has replaced: the words that it has no more, and the file. */
  async dropReplaced(before: MediaItem, after: MediaItem, name: AnalyserName): Promise<void> {
    if (hasWords(name)) {
      const [old, current] = [await this.parts(before, name), await this.parts(after, name)];
      await this.index.drop(before, name, searchWords(name, old), searchWords(name, current));
    } else await this.index.drop(before, 'labels', foundWords(before), foundWords(after));
    const [old, current] = [before, after].map(({ analyses }) => analyses?.[name]?.resultToken);
    if (old && old !== current) await this.erase(before.id, old);
  }

  /** Erases the words of all results, before their files are erased. */
  async dropWords(item: MediaItem): Promise<void> {
    for (const name of withWords) {
      const parts = await this.parts(item, name);
      if (parts.length > 0) await this.index.drop(item, name, searchWords(name, parts));
    }
  }

  /** Erases the result of one delivery. */
  async erase(mediaId: string, token: string): Promise<void> {
    await this.storage.deletePrefix(derivedFolder(mediaId, token));
  }
}
