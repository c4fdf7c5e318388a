import type { AccountMail, UserEvent } from '#contracts';
import { deviceName } from '../device-name';
import type { Block, Letter } from '../layout';
import type { Strings } from '../strings.en';

/** What the template of an account event gets. */
export interface AccountContext {
  strings: Strings;
  mail: AccountMail;
  event: UserEvent;
  /** Returns the address of a page, with the token of the event's link if asked for; null where no address is known. */
  link(path: string, options?: { withToken: boolean }): string | null;
}

export type AccountTemplate = (context: AccountContext) => Letter;

/** A button, where the address of the server is known. */
export const button = (label: string, url: string | null): Block[] => (url ? [{ button: label, url }] : []);

/** The time of an event, and where its request came from. */
export function circumstances({ strings, mail: { device }, event }: AccountContext): Block {
  const time = [strings.timeLabel, strings.time(event.occurredAt)] as const;
  if (!device) return { facts: [time] };
  const name = [strings.deviceLabel, deviceName(device.userAgent)] as const;
  return { facts: [time, name, [strings.addressLabel, device.ip]] };
}

/** What to do if it was another person. */
export const notYou = ({ strings, link }: AccountContext): Block[] => [
  { paragraph: strings.notYou },
  ...button(strings.setPassword, link('/forgot-password')),
];
