import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Storage } from './storage';

export type Subject = () => Storage;

export const from = (text: string) => Readable.from([Buffer.from(text)]);
export const textOf = async (storage: Storage, key: string) => (await buffer(await storage.read(key))).toString();
export const below = async (storage: Storage, prefix: string) =>
  (await Array.fromAsync(storage.list(prefix))).map(({ key }) => key).toSorted();
