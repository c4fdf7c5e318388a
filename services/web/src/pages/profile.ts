import type { SessionInfo, User } from '#contracts';
import { api } from '../api';
import { fill, fragment, h, type Child } from '../dom';
import { openDialog } from '../elements/confirm-dialog';
import { field, setFieldError } from '../elements/field';
import { form } from '../elements/form';
import { pageHead, problemState } from '../elements/page-parts';
import { toast } from '../elements/toast-region';
import { describeUserAgent, formatAgo, formatDate } from '../format';
import { icon } from '../icons';
import { load } from '../load';
import { messageOf } from '../problem';
import type { Page, PageContext } from '../router';
import { usernamePattern } from '../rules';
import { session } from '../session';
import { signOut } from '../sign-out';
import { texts } from '../texts';

export function profilePage({ signal }: PageContext): Page {
  const user = session.value as User;
  const sessions = h('ul', { class: 'sessions', role: 'list' });
  const content = fragment(
    pageHead(texts.profile.title, texts.profile.memberSince(formatDate(user.createdAt))),
    section(texts.profile.account, texts.profile.accountLead, h('p', { class: 'profile-email' }, h('span', {}, texts.profile.email), user.email), usernameForm(user)),
    section(texts.profile.password, texts.profile.passwordLead, passwordForm(user, () => void showSessions(sessions, signal))),
    section(texts.profile.sessions, texts.profile.sessionsLead, sessions),
    section(texts.profile.appearance, texts.profile.appearanceLead, h('theme-switch')),
    section(texts.profile.danger, texts.profile.dangerLead, h('button', { type: 'button', class: 'button danger', onclick: () => askToDelete(session.value as User) }, texts.profile.deleteAccount)),
  );
  return { title: texts.profile.title, content, ready: showSessions(sessions, signal) };
}

function section(title: string, lead: string, ...children: Child[]): HTMLElement {
  return h('section', { class: 'profile-section' }, h('div', { class: 'profile-words' }, h('h2', {}, title), h('p', {}, lead)), h('div', { class: 'profile-body' }, ...children));
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
    field({ label: texts.auth.username, name: 'username', value: user.username, autocomplete: 'nickname', hint: texts.auth.usernameRule, required: true, pattern: usernamePattern, patternMessage: texts.field.username }),
  );
}

function passwordForm(user: User, changed: () => void): HTMLFormElement {
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
    // Without it password managers can not tell whose password this is.
    h('input', { type: 'text', autocomplete: 'username', value: user.email, hidden: true, readonly: true, tabindex: -1 }),
    field({ label: texts.profile.currentPassword, name: 'currentPassword', type: 'password', autocomplete: 'current-password', required: true }),
    field({ label: texts.profile.newPassword, name: 'newPassword', type: 'password', autocomplete: 'new-password', hint: texts.auth.passwordRule, required: true, minLength: 8, maxLength: 128 }),
  );
}

async function showSessions(list: HTMLElement, signal: AbortSignal): Promise<void> {
  try {
    const { items } = await load(() => api.sessions(signal), signal);
    const ordered = items.toSorted((a, b) => Number(b.current) - Number(a.current) || b.lastSeenAt.localeCompare(a.lastSeenAt));
    fill(list, ...ordered.map((item) => sessionRow(item, () => void showSessions(list, signal))));
  } catch (error) {
    if (!signal.aborted) fill(list, h('li', {}, problemState(error)));
  }
}

function sessionRow(item: SessionInfo, changed: () => void): HTMLElement {
  const device = describeUserAgent(item.userAgent);
  const end = async (): Promise<void> => {
    try {
      await api.endSession(item.id);
      toast(texts.profile.sessionEnded);
      changed();
    } catch (error) {
      toast(messageOf(error), 'bad');
    }
  };
  return h(
    'li',
    { class: 'session', 'data-session-id': item.id, 'data-current': String(item.current) },
    icon('screen'),
    h('div', {}, h('p', { class: 'session-device', title: item.userAgent }, device, item.current ? h('span', { class: 'tag-note' }, texts.profile.thisDevice) : null), h('p', { class: 'session-meta' }, texts.profile.sessionMeta(formatAgo(item.lastSeenAt), formatDate(item.createdAt)))),
    item.current ? null : h('button', { type: 'button', class: 'button small', 'aria-label': texts.profile.endSessionOn(device), onclick: () => void end() }, texts.profile.endSession),
  );
}

function askToDelete(user: User): void {
  const typed = field({ label: texts.profile.typeToConfirm(user.username), name: 'confirmation', autocomplete: 'off', required: true });
  const password = field({ label: texts.auth.password, name: 'password', type: 'password', autocomplete: 'current-password', required: true });
  const dialog = openDialog(
    texts.profile.deleteTitle,
    h('p', {}, texts.profile.deleteSteps),
    form(
      {
        submit: texts.profile.deleteForGood,
        danger: true,
        fieldOfCode: { wrong_password: 'password' },
        action: async ({ confirmation = '', password: secret = '' }, element) => {
          if (confirmation.trim() !== user.username) {
            setFieldError(element, 'confirmation', texts.profile.typeMismatch);
            return;
          }
          await api.deleteAccount(secret);
          dialog.close();
          signOut();
          toast(texts.profile.deleted);
        },
      },
      typed,
      password,
    ),
    h('button', { type: 'button', class: 'icon-button dialog-close', 'aria-label': texts.close, onclick: () => dialog.close() }, icon('close')),
  );
}
