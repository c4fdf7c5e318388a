import { field } from '../elements/base/field';
import { form } from '../elements/base/form';
import { api } from '../network/api';
import { navigate, type Page, type PageContext } from '../state/router';
import { session, sessionEnded } from '../state/session';
import { h } from '../ui/dom';
import { texts } from '../ui/texts';
import { toast } from '../ui/toasts';
import { alternateAuthLink, authLayout } from './auth-layout';

/** Builds the page `/reset-password?token=…`, to which the link in a mail leads. */
export function resetPasswordPage({ query }: PageContext): Page {
  const token = query.get('token');
  const content = authLayout(
    texts.auth.resetTitle,
    texts.auth.resetLead,
    token ? passwordForm(token) : h('p', { class: 'form-alert' }, texts.auth.linkIncomplete),
    alternateAuthLink('/forgot-password', '/', texts.auth.needLink, texts.auth.toNewLink),
  );
  return { title: texts.auth.resetTitle, content };
}

function passwordForm(token: string): HTMLFormElement {
  return form(
    {
      submit: texts.auth.resetSubmit,
      action: async ({ password = '' }) => {
        await api.confirmPasswordReset({ token, password });
        sessionEnded.set(false);
        session.set(null);
        navigate('/login', { replace: true });
        toast(texts.auth.resetDone);
      },
    },
    field({
      label: texts.auth.newPassword,
      name: 'password',
      type: 'password',
      autocomplete: 'new-password',
      hint: texts.auth.passwordRule,
      required: true,
      minLength: 8,
      maxLength: 128,
      own: () => [],
    }),
  );
}
