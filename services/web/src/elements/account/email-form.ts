import type { User } from '#contracts';
import { api } from '../../network/api';
import { load } from '../../network/load';
import { fill, h, type Child } from '../../ui/dom';
import { formatDateTime } from '../../ui/format';
import { texts } from '../../ui/texts';
import { toast } from '../../ui/toasts';
import { field } from '../base/field';
import { form } from '../base/form';

/** Builds the state of the e-mail address, and the form that changes it or sends its link again. */
export function emailForm(user: User, signal: AbortSignal): HTMLElement {
  const state = h('p', { class: 'profile-email', role: 'status' });
  const refresh = async () => fill(state, ...(await describe(signal)));
  void refresh().catch(() => fill(state, user.email));
  return h(
    'div',
    {},
    state,
    form(
      {
        submit: texts.profile.saveEmail,
        fieldOfCode: { wrong_password: 'password', email_taken: 'email' },
        action: async ({ email = '', password = '' }, element) => {
          await api.changeEmail({ email: email.trim(), password });
          element.reset();
          toast(texts.profile.emailSent(email.trim()));
          await refresh();
        },
      },
      field({
        label: texts.profile.newEmail,
        name: 'email',
        type: 'email',
        value: user.email,
        autocomplete: 'email',
        required: true,
        maxLength: 254,
      }),
      field({
        label: texts.profile.currentPassword,
        name: 'password',
        type: 'password',
        autocomplete: 'current-password',
        required: true,
      }),
    ),
  );
}

async function describe(signal: AbortSignal): Promise<Child[]> {
  const t = texts.profile;
  const { email, verified, pending } = await load(() => api.email(signal), signal);
  const current = [h('span', {}, t.email), `${email} · ${verified ? t.emailVerified : t.emailUnverified}`];
  return pending ? [...current, h('br'), t.emailPending(pending.email, formatDateTime(pending.expiresAt))] : current;
}
