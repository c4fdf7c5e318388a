import { SessionList } from '../elements/account/session-list';
import { ThemeSwitch } from '../elements/account/theme-switch';
import { adminAuditPage } from './admin/audit';
import { adminMediaPage } from './admin/media';
import { adminOverviewPage } from './admin/overview';
import { adminQueuesPage } from './admin/queues';
import { adminUsersPage } from './admin/users';
import { confirmEmailPage } from './confirm-email';
import { forgotPasswordPage } from './forgot-password';
import { profilePage } from './profile';
import { resetPasswordPage } from './reset-password';

customElements.define('session-list', SessionList);
customElements.define('theme-switch', ThemeSwitch);

/** Pages that few visits need. Their code and elements are loaded when the first of them is opened. */
export const laterPages = {
  profile: profilePage,
  adminOverview: adminOverviewPage,
  adminUsers: adminUsersPage,
  adminMedia: adminMediaPage,
  adminQueues: adminQueuesPage,
  adminAudit: adminAuditPage,
  forgotPassword: forgotPasswordPage,
  resetPassword: resetPasswordPage,
  confirmEmail: confirmEmailPage,
};
