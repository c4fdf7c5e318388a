import { load } from '../../network/load';
import { messageOf } from '../../network/problem';
import { fill, h } from '../../ui/dom';
import { toast } from '../../ui/toasts';
import { problemState } from '../base/page-parts';

/** A list of things of the user that is read again after each change. */
export interface LiveList {
  element: HTMLElement;
  refresh: () => Promise<void>;
  /** Runs a change, shows `done` or what went wrong, and reads the list again. */
  change: (action: () => Promise<unknown>, done: string) => Promise<void>;
}

/** Builds a list and reads it. `row` builds the entry of one item, `empty` is shown without any. */
export function liveList<T>(
  read: (signal: AbortSignal) => Promise<{ items: T[] }>,
  row: (item: T) => HTMLElement,
  { empty, signal }: { empty: string; signal: AbortSignal },
): LiveList {
  const element = h('ul', { class: 'sessions', role: 'list' });
  const refresh = async (): Promise<void> => {
    try {
      const { items } = await load(() => read(signal), signal);
      fill(element, ...(items.length > 0 ? items.map(row) : [h('li', { class: 'session-meta' }, empty)]));
    } catch (error) {
      if (!signal.aborted)
        fill(
          element,
          h(
            'li',
            {},
            problemState(error, () => void refresh()),
          ),
        );
    }
  };
  const change = async (action: () => Promise<unknown>, done: string): Promise<void> => {
    try {
      await action();
      toast(done);
    } catch (error) {
      toast(messageOf(error), 'bad');
    }
    await refresh();
  };
  void refresh();
  return { element, refresh, change };
}
