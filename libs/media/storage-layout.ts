import type { MediaKey } from './media.item';

/** The roots of the storage keys: originals by owner, derived files by medium, bytes of unfinished uploads by owner. */
export const storageRoots = { originals: 'originals', derived: 'derived', unfinished: 'resumable' } as const;
/** The roots of what belongs to media. */
export const mediaRoots = [storageRoots.originals, storageRoots.derived] as const;
export type MediaRoot = (typeof mediaRoots)[number];

/** Returns the prefix of a user's files below a root that is ordered by owner. */
export const ownerFolder = (root: 'originals' | 'unfinished', userId: string) => `${storageRoots[root]}/${userId}/`;
export const originalFolder = ({ userId, id }: MediaKey) => `${ownerFolder('originals', userId)}${id}/`;
export const originalKey = (key: MediaKey) => `${originalFolder(key)}original`;
export const sidecarKey = (key: MediaKey) => `${originalFolder(key)}about.json`;
/** Returns the folder of one delivery's derived files, or of all of a medium. */
export const derivedFolder = (id: string, token?: string) =>
  token ? `${storageRoots.derived}/${id}/${token}/` : `${storageRoots.derived}/${id}/`;
/** Returns the folder of an unfinished upload's bytes. */
export const unfinishedFolder = ({ userId, id }: MediaKey) => `${ownerFolder('unfinished', userId)}${id}/`;
