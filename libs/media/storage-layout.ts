import type { MediaKey } from './media.item';

/**
 * The roots of the storage keys: originals by owner, derived files by medium, unfinished uploads by owner, bytes
 * that clients send straight to the bucket, and objects that other programs put there, by owner.
 */
export const storageRoots = {
  originals: 'originals',
  derived: 'derived',
  unfinished: 'resumable',
  incoming: 'incoming',
  inbox: 'inbox',
} as const;
/** The roots of what belongs to media. */
export const mediaRoots = [storageRoots.originals, storageRoots.derived] as const;
export type MediaRoot = (typeof mediaRoots)[number];

/** Returns the prefix of a user's files below a root that is ordered by owner. */
export const ownerFolder = (root: 'originals' | 'unfinished' | 'incoming', userId: string) =>
  `${storageRoots[root]}/${userId}/`;
export const originalFolder = ({ userId, id }: MediaKey) => `${ownerFolder('originals', userId)}${id}/`;
export const originalKey = (key: MediaKey) => `${originalFolder(key)}original`;
export const sidecarKey = (key: MediaKey) => `${originalFolder(key)}about.json`;
/** Returns the folder of one delivery's derived files, or of all of a medium. */
export const derivedFolder = (id: string, token?: string) =>
  token ? `${storageRoots.derived}/${id}/${token}/` : `${storageRoots.derived}/${id}/`;
/** Returns the folder of an unfinished upload's bytes. */
export const unfinishedFolder = ({ userId, id }: MediaKey) => `${ownerFolder('unfinished', userId)}${id}/`;
/** Returns the folder of the bytes that a client sends straight to the bucket. */
export const incomingFolder = ({ userId, id }: MediaKey) => `${ownerFolder('incoming', userId)}${id}/`;
