import { text } from 'node:stream/consumers';
import { Dynamo, type Storage } from '#platform';
import type { AnalysisEntries } from './analysis/analysis.entry';
import { parseMediaItem, type MediaItem, type MediaKey } from './media.item';
import { readSidecar, type Sidecar } from './media.sidecar';
import { parsePartitionKey } from './partitions';
import { derivedFolder, originalFolder, originalKey, sidecarKey, storageRoots, type MediaRoot } from './storage-layout';

/** A folder of one medium in storage: its original with the sidecar, or the derived files of one delivery. */
export interface StoredFolder {
  prefix: string;
  mediaId: string;
  /** Set for originals only. */
  userId?: string;
  /** That of the most recent object. */
  modifiedAt: Date;
  /** Size in bytes by file name. */
  files: Record<string, number>;
}

/** The fields of a row of the media table that name folders: of a medium, or of a user's reservations. */
interface NamingRow extends MediaKey {
  derivedToken?: string | null;
  token?: string;
  analyses?: AnalysisEntries;
  reserved?: Record<string, unknown>;
}
const namingFields = ['userId', 'id', 'derivedToken', 'token', 'analyses', 'reserved'] as const satisfies ReadonlyArray<
  keyof NamingRow
>;

/** A row of the media table: its user, the folders that it names, and the medium; null for a row beside the media. */
export interface TableRow {
  userId: string;
  folders: string[];
  item: MediaItem | null;
}

/** Lists the folders in storage, and those that the media table names. */
export class StoredFolders {
  constructor(
    private readonly storage: Storage,
    private readonly dynamo: Dynamo,
  ) {}

  /** Yields every folder below a root once: both storage adapters list the objects of a folder consecutively. */
  async *below(root: MediaRoot): AsyncGenerator<StoredFolder> {
    let folder = null as StoredFolder | null;
    for await (const { key, sizeBytes, modifiedAt } of this.storage.list(`${root}/`)) {
      const [, first, second, name] = key.split('/');
      if (!name) continue; // not one of our keys
      const prefix = `${root}/${first}/${second}/`;
      if (folder?.prefix !== prefix) {
        if (folder) yield folder;
        folder = {
          prefix,
          ...(root === storageRoots.originals ? { userId: first!, mediaId: second! } : { mediaId: first! }),
          modifiedAt,
          files: {},
        };
      }
      folder.files[name] = sizeBytes;
      if (modifiedAt > folder.modifiedAt) folder.modifiedAt = modifiedAt;
    }
    if (folder) yield folder;
  }

  /** Yields the prefixes of all folders that a medium, a delivery or an upload in progress has. */
  async *named(): AsyncGenerator<string> {
    for await (const row of this.dynamo.scan<NamingRow>('media', namingFields)) yield* foldersNamedBy(row);
  }

  /** Yields every row of the table with the folders that it names, deleted media included: for a diagnosis. */
  async *rows(): AsyncGenerator<TableRow> {
    for await (const row of this.dynamo.scan<NamingRow & Record<string, unknown>>('media')) {
      const { userId, partition } = parsePartitionKey(row.userId);
      yield { userId, folders: foldersNamedBy(row), item: partition ? null : parseMediaItem(row) };
    }
  }

  /** Bytes of the files below a prefix now, by name; none where there is no such folder. */
  async filesIn(prefix: string): Promise<Record<string, number>> {
    const sizes: Record<string, number> = {};
    for await (const { key, sizeBytes } of this.storage.list(prefix)) sizes[key.slice(prefix.length)] = sizeBytes;
    return sizes;
  }

  /** What lies beside an original; null where it cannot be read. @throws {ObjectMissingError} */
  async readSidecar(key: MediaKey): Promise<Sidecar | null> {
    return readSidecar(await text(await this.storage.read(sidecarKey(key))));
  }

  async erase({ prefix }: StoredFolder): Promise<void> {
    await this.storage.deletePrefix(prefix);
  }
}

/** Returns the prefixes of the folders that a row of the media table names. */
export function foldersNamedBy({ userId, id, derivedToken, token, analyses, reserved }: NamingRow): string[] {
  const { userId: owner, partition } = parsePartitionKey(userId);
  if (partition) return Object.keys(reserved ?? {}).map((uploadId) => originalFolder({ userId: owner, id: uploadId }));
  const ofAnalyses = Object.values(analyses ?? {}).flatMap((entry) => [entry.token, entry.resultToken]);
  return [
    originalFolder({ userId, id }),
    ...[derivedToken, token, ...ofAnalyses].filter((each) => each).map((each) => derivedFolder(id, each!)),
  ];
}

/** Whether a folder holds an original with its sidecar, so that its item can be restored. */
export function isComplete({ userId, mediaId, prefix, files }: StoredFolder): boolean {
  const key = { userId: userId ?? '', id: mediaId };
  return (
    userId !== undefined && [originalKey(key), sidecarKey(key)].every((name) => name.slice(prefix.length) in files)
  );
}
