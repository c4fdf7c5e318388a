import { field } from '../elements/base/field';
import { form } from '../elements/base/form';
import { api } from '../network/api';
import type { Page, PageContext } from '../state/router';
import { session } from '../state/session';
import { ownWords } from '../ui/password-strength';
import { usernamePattern } from '../ui/rules';
import { texts } from '../ui/texts';
import { authLayout, alternateAuthLink } from './auth-layout';
import { safeNextPath } from './next-path';

/** Builds the page `/register`. */
export function registerPage({ query }: PageContext): Page {
  const next = safeNextPath(query.get('next'));
  const content = authLayout(
    texts.auth.registerTitle,
    texts.auth.registerLead,
    form(
      {
        submit: texts.auth.register,
        busy: texts.auth.registering,
        fieldOfCode: { email_taken: 'email', username_taken: 'username' },
        action: async ({ username = '', email = '', password = '' }) =>
          session.set(await api.register({ username, email, password })),
      },
      field({
        label: texts.auth.username,
        name: 'username',
        autocomplete: 'nickname',
        hint: texts.auth.usernameRule,
        required: true,
        pattern: usernamePattern,
        patternMessage: texts.field.username,
      }),
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
        autocomplete: 'new-password',
        hint: texts.auth.passwordRule,
        required: true,
        minLength: 8,
        maxLength: 128,
        own: (value) => ownWords(value('username'), value('email')),
      }),
    ),
    alternateAuthLink('/login', next, texts.auth.haveAccount, texts.auth.toLogin),
  );
  return { title: texts.auth.registerTitle, content };
}
