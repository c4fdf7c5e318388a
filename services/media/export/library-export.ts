import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { Analysis, Media } from '#contracts';
import { AnalysisResults, MediaLists, originalKey, toMedia, type MediaItem } from '#media';
import { newId, ObjectMissingError, STORAGE, type Storage } from '#platform';
import type { ExportedAccount } from './account-export';
import { archiveName } from './archive-name';

export interface ArchiveEntry {
  name: string;
  lastModified: string;
  input: AsyncIterable<Uint8Array | string>;
}

/**
 * A medium without the fields of the running service. `file`: the path of its original in the archive, null when it is
 * lost.
 */
type ExportedMedia = Omit<Media, 'queue' | 'thumbnailUrl' | 'previewUrl' | 'originalUrl' | 'analysis'> & {
  file: string | null;
  /** With what was found. */
  analysis: Analysis[];
};

/** Exports the library of a user: all originals, and `library.json` with their data. */
@Injectable()
export class LibraryExport {
  constructor(
    private readonly lists: MediaLists,
    private readonly results: AnalysisResults,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  /**
   * Yields the entries of the archive one by one: a single file is open at a time, and one page of the library in
   * memory. Media that are uploaded after the call are not part of it. Ending the generator early closes the open file.
   * @param account part of `library.json`; null: left out
   */
  async *entries(userId: string, account: ExportedAccount | null = null): AsyncGenerator<ArchiveEntry> {
    const until = newId();
    const lost = new Set<string>();
    for await (const item of this.lists.upTo(userId, until)) {
      const input = await this.open(item);
      if (!input) {
        lost.add(item.id);
        continue;
      }
      try {
        yield { name: archiveName(item), lastModified: item.createdAt, input };
      } finally {
        input.destroy();
      }
    }
    const now = new Date().toISOString();
    const head = { exportedAt: now, ...(account && { account }) };
    yield { name: 'library.json', lastModified: now, input: this.libraryJson(userId, until, lost, head) };
  }

  /** Returns null for an original that is lost or was deleted meanwhile. */
  private async open(item: MediaItem): Promise<Readable | null> {
    return this.storage.read(originalKey(item)).catch((error: unknown) => {
      if (error instanceof ObjectMissingError) return null;
      throw error;
    });
  }

  /** Yields a single JSON document item by item. */
  private async *libraryJson(
    userId: string,
    until: string,
    lost: ReadonlySet<string>,
    head: { exportedAt: string; account?: ExportedAccount },
  ): AsyncGenerator<string> {
    yield `${JSON.stringify(head).slice(0, -1)},"media":[`;
    let separator = '\n';
    for await (const item of this.lists.upTo(userId, until)) {
      const file = lost.has(item.id) ? null : archiveName(item);
      yield separator + JSON.stringify({ ...toExportedMedia(item, file), analysis: await this.results.show(item) });
      separator = ',\n';
    }
    yield '\n]}\n';
  }
}

function toExportedMedia(item: MediaItem, file: string | null): Omit<ExportedMedia, 'analysis'> {
  const {
    queue: _queue,
    thumbnailUrl: _thumbnail,
    previewUrl: _preview,
    originalUrl: _original,
    analysis: _states,
    ...media
  } = toMedia(item);
  return { ...media, file };
}
