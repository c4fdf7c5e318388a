import { Store } from '../ui/store';

/** Ids of media that are being deleted, which lists hide. */
export const removed = new Store<ReadonlySet<string>>(new Set());
