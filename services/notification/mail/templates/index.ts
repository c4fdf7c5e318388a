import type { UserEvent } from '#contracts';
import { accountDeleted } from './account-deleted';
import { confirmEmail } from './confirm-email';
import { emailChangeRequested } from './email-change-requested';
import { emailChanged } from './email-changed';
import { newDevice } from './new-device';
import { passwordChanged } from './password-changed';
import { passwordReset } from './password-reset';
import type { AccountTemplate } from './template';
import { welcome } from './welcome';

/** The mail for each event of an account; null: none. A type without an entry does not compile. */
export const accountTemplates: Record<UserEvent['type'], AccountTemplate | null> = {
  'user.registered': welcome,
  'user.logged_in': null,
  'user.new_device': newDevice,
  'user.password_reset_requested': passwordReset,
  'user.password_changed': passwordChanged,
  'user.email_confirmation_requested': confirmEmail,
  'user.email_change_requested': emailChangeRequested,
  'user.email_changed': emailChanged,
  'user.deleted': accountDeleted,
};
