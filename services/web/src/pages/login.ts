import { field } from '../elements/base/field';
import { form } from '../elements/base/form';
import { api } from '../network/api';
import type { Page, PageContext } from '../state/router';
import { session, sessionEnded } from '../state/session';
import { texts } from '../ui/texts';
import { authLayout, alternateAuthLink } from './auth-layout';
import { safeNextPath } from './next-path';

/** Builds the page `/login`. */
export function loginPage({ query }: PageContext): Page {
  const next = safeNextPath(query.get('next'));
  const content = authLayout(
    texts.auth.loginTitle,
    sessionEnded.value ? texts.auth.sessionEnded : texts.auth.loginLead,
    form(
      {
        submit: texts.auth.login,
        busy: texts.auth.loggingIn,
        action: async ({ email = '', password = '' }) => {
          session.set(await api.login({ email, password }));
          sessionEnded.set(false);
        },
      },
      field({
        label: texts.auth.email,
        name: 'email',
        type: 'email',
        autocomplete: 'username',
        required: true,
        maxLength: 254,
      }),
      field({
        label: texts.auth.password,
        name: 'password',
        type: 'password',
        autocomplete: 'current-password',
        required: true,
      }),
    ),
    alternateAuthLink('/forgot-password', '/', texts.auth.forgotten, texts.auth.toForgotten),
    alternateAuthLink('/register', next, texts.auth.noAccount, texts.auth.toRegister),
  );
  return { title: texts.auth.loginTitle, content };
}
