import { Store } from '../ui/store';

/** Media that are being deleted, which no list should show. */
export const removed = new Store<ReadonlySet<string>>(new Set());
