import { z } from 'zod';

const inApp = z.boolean();
const webhook = z.boolean();
const email = z.enum(['off', 'immediately', 'daily']);
const absent = z.literal(false, 'This type is not delivered by this channel. Leave it false.');
const always = z.literal('immediately', 'Mails about the security of the account cannot be switched off.');

const types = {
  'media.completed': z.strictObject({ inApp, email, webhook }),
  'media.failed': z.strictObject({ inApp, email, webhook }),
  /** One mail about a whole drop, instead of one for each of its files. */
  'drop.finished': z.strictObject({ inApp: absent, email, webhook: absent }),
  security: z.strictObject({ inApp: absent, email: always, webhook: absent }),
};

/** By which channels a user is notified of each type. */
export const preferencesSchema = z.strictObject(types).meta({ id: 'NotificationPreferences' });
export type Preferences = z.infer<typeof preferencesSchema>;
export type PreferenceType = keyof Preferences;

/** What is left out stays as it is. */
export const preferencesRequest = z
  .strictObject({
    'media.completed': types['media.completed'].partial(),
    'media.failed': types['media.failed'].partial(),
    'drop.finished': types['drop.finished'].partial(),
    security: types.security.partial(),
  })
  .partial();
export type PreferencesRequest = z.infer<typeof preferencesRequest>;

/** Of a user who has changed nothing: a failure must not stay unnoticed, and success is seen in the pages. */
export const defaultPreferences: Preferences = {
  'media.completed': { inApp: true, email: 'off', webhook: true },
  'media.failed': { inApp: true, email: 'immediately', webhook: true },
  'drop.finished': { inApp: false, email: 'off', webhook: false },
  security: { inApp: false, email: 'immediately', webhook: false },
};

/** Whether the address of the user accepts mails: null, or why not. */
export const mailboxSchema = z
  .object({ bounce: z.object({ email: z.string(), reply: z.string(), at: z.iso.datetime() }).nullable() })
  .meta({ id: 'Mailbox' });
export type Mailbox = z.infer<typeof mailboxSchema>;
