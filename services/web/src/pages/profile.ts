import type { User } from '#contracts';
import { askToDeleteAccount } from '../elements/account/delete-account';
import { emailForm } from '../elements/account/email-form';
import { notificationSettings } from '../elements/account/notification-settings';
import { storageSplit } from '../elements/account/storage-split';
import { analysisSettings } from '../elements/analysis/analysis-settings';
import { field } from '../elements/base/field';
import { form } from '../elements/base/form';
import { pageHead } from '../elements/base/page-parts';
import { apiKeys } from '../elements/integrations/api-keys';
import { webhooks } from '../elements/integrations/webhooks';
import { api, exportUrl } from '../network/api';
import type { Page, PageContext } from '../state/router';
import { session } from '../state/session';
import { stats } from '../state/stats';
import { analysisTexts } from '../ui/analysis-texts';
import { fragment, h, setText, type Child } from '../ui/dom';
import { formatBytes, formatDate } from '../ui/format';
import { icon } from '../ui/icons';
import { integrationTexts } from '../ui/integration-texts';
import { ownWords } from '../ui/password-strength';
import { usernamePattern } from '../ui/rules';
import { texts } from '../ui/texts';
import { toast } from '../ui/toasts';

/** Builds the page `/profile`. */
export function profilePage({ signal }: PageContext): Page {
  const user = session.value as User;
  const sessions = h('session-list');
  const content = fragment(
    pageHead(texts.profile.title, texts.profile.memberSince(formatDate(user.createdAt))),
    section(texts.profile.account, texts.profile.accountLead, usernameForm(user)),
    section(texts.profile.email, texts.profile.emailLead, emailForm(user, signal)),
    section(
      texts.profile.password,
      texts.profile.passwordLead,
      passwordForm(user, () => void sessions.refresh()),
    ),
    section(texts.profile.sessions, texts.profile.sessionsLead, sessions),
    section(texts.profile.notices, texts.profile.noticesLead, notificationSettings(signal)),
    section(texts.profile.appearance, texts.profile.appearanceLead, h('theme-switch')),
    section(analysisTexts.settings, analysisTexts.settingsLead, analysisSettings(signal)),
    section(texts.profile.files, texts.profile.filesLead, storageSplit(signal), exportOffer(signal)),
    section(integrationTexts.keys, integrationTexts.keysLead, apiKeys(signal)),
    section(integrationTexts.webhooks, integrationTexts.webhooksLead, webhooks(signal)),
    section(
      texts.profile.danger,
      texts.profile.dangerLead,
      h(
        'button',
        { type: 'button', class: 'button danger', onclick: () => askToDeleteAccount(session.value as User) },
        texts.profile.deleteAccount,
      ),
    ),
  );
  // `refresh` needs the element to be in the page, which it is in the next microtask.
  return { title: texts.profile.title, content, ready: Promise.resolve().then(() => sessions.refresh()) };
}

function section(title: string, lead: string, ...children: Child[]): HTMLElement {
  return h(
    'section',
    { class: 'profile-section' },
    h('div', { class: 'profile-words' }, h('h2', {}, title), h('p', {}, lead)),
    h('div', { class: 'profile-body' }, ...children),
  );
}

function usernameForm(user: User): HTMLFormElement {
  return form(
    {
      submit: texts.profile.saveUsername,
      fieldOfCode: { username_taken: 'username' },
      action: async ({ username = '' }) => {
        session.set(await api.rename(username));
        toast(texts.profile.usernameSaved);
      },
    },
    field({
      label: texts.auth.username,
      name: 'username',
      value: user.username,
      autocomplete: 'nickname',
      hint: texts.auth.usernameRule,
      required: true,
      pattern: usernamePattern,
      patternMessage: texts.field.username,
    }),
  );
}

function passwordForm(user: User, changed: () => void): HTMLFormElement {
  const own = (): string[] => ownWords(session.value?.username ?? '', user.email);
  return form(
    {
      submit: texts.profile.changePassword,
      fieldOfCode: { wrong_password: 'currentPassword' },
      action: async ({ currentPassword = '', newPassword = '' }, element) => {
        await api.changePassword({ currentPassword, newPassword });
        element.reset();
        changed();
        toast(texts.profile.passwordSaved);
      },
    },
    // For password managers, which otherwise cannot assign the password to an account.
    h('input', {
      type: 'text',
      autocomplete: 'username',
      value: user.email,
      hidden: true,
      readonly: true,
      tabindex: -1,
    }),
    field({
      label: texts.profile.currentPassword,
      name: 'currentPassword',
      type: 'password',
      autocomplete: 'current-password',
      required: true,
    }),
    field({
      label: texts.profile.newPassword,
      name: 'newPassword',
      type: 'password',
      autocomplete: 'new-password',
      hint: texts.auth.passwordRule,
      required: true,
      minLength: 8,
      maxLength: 128,
      own,
    }),
  );
}

function exportOffer(signal: AbortSignal): HTMLElement {
  const lead = h('p', { class: 'export-lead', id: 'export-lead' });
  stats.watch(
    (value) => value && setText(lead, texts.profile.exportLead(value.total, formatBytes(value.originalBytes))),
    signal,
  );
  return h(
    'div',
    { class: 'export' },
    lead,
    h(
      'a',
      { class: 'button', href: exportUrl, download: true, 'aria-describedby': 'export-lead' },
      icon('download'),
      texts.profile.export,
    ),
  );
}
