import type { CollectedMedium } from '../collected-mails';
import type { Block } from '../layout';
import type { Strings } from '../strings.en';
import { button } from './template';

/** What the template of a mail about media gets. */
export interface MediaContext {
  strings: Strings;
  username: string;
  /** Returns the address of a page; null where no address is known. */
  link(path: string): string | null;
}

const MAX_LISTED = 20;

/** The failed media of a collection with their reasons, then the way to the library. */
export function outcomes({ strings, link }: MediaContext, media: readonly CollectedMedium[]): Block[] {
  const failed = media.filter(({ status }) => status === 'failed');
  const listed = failed.slice(0, MAX_LISTED).map(({ title, failure }) => `${title}: ${failure?.message ?? ''}`);
  const more = failed.length > MAX_LISTED ? [strings.more(failed.length - MAX_LISTED)] : [];
  const path = failed.length > 0 ? '/media?status=failed' : '/media';
  return [
    ...(listed.length > 0 ? [{ list: [...listed, ...more] }] : []),
    ...button(strings.toMedia, link(path)),
    { small: strings.preferences },
  ];
}

/** Returns how many media are ready and failed, such as "48 ready, 2 failed". */
export function countsOf({ strings }: MediaContext, media: readonly CollectedMedium[]): string {
  const failed = media.filter(({ status }) => status === 'failed').length;
  return strings.counts(media.length - failed, failed);
}
