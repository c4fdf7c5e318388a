import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { Media } from '#contracts';
import { MediaLists, originalKey, toMedia, type MediaItem } from '#media';
import { newId, ObjectMissingError, STORAGE, type Storage } from '#platform';
import { archiveName } from './archive-name';

export interface ArchiveEntry {
  name: string;
  lastModified: string;
  input: AsyncIterable<Uint8Array | string>;
}

/** What a medium is without the service around it; `file` is where its original lies in the archive, null when it is lost. */
type ExportedMedia = Omit<Media, 'queue' | 'thumbnailUrl' | 'previewUrl' | 'originalUrl'> & { file: string | null };

/** Everything that a user has here, to take along. */
@Injectable()
export class LibraryExport {
  constructor(
    private readonly lists: MediaLists,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  /**
   * The entries of an archive, one after the other: one file is open at a time, and one page of the library in memory.
   * What is uploaded after the first is not part of it. Who stops early ends the generator, which closes what is open.
   */
  async *entries(userId: string): AsyncGenerator<ArchiveEntry> {
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
    yield { name: 'library.json', lastModified: now, input: this.describe(userId, until, lost, now) };
  }

  /** null: deleted at this moment, or lost. */
  private async open(item: MediaItem): Promise<Readable | null> {
    return this.storage.read(originalKey(item)).catch((error: unknown) => {
      if (error instanceof ObjectMissingError) return null;
      throw error;
    });
  }

  /** One JSON document, written item by item. */
  private async *describe(
    userId: string,
    until: string,
    lost: ReadonlySet<string>,
    exportedAt: string,
  ): AsyncGenerator<string> {
    yield `{"exportedAt":${JSON.stringify(exportedAt)},"media":[`;
    let separator = '\n';
    for await (const item of this.lists.upTo(userId, until)) {
      yield separator + JSON.stringify(exported(item, lost.has(item.id) ? null : archiveName(item)));
      separator = ',\n';
    }
    yield '\n]}\n';
  }
}

function exported(item: MediaItem, file: string | null): ExportedMedia {
  const {
    queue: _queue,
    thumbnailUrl: _thumbnail,
    previewUrl: _preview,
    originalUrl: _original,
    ...media
  } = toMedia(item);
  return { ...media, file };
}
