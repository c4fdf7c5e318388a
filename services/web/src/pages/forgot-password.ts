import { field } from '../elements/base/field';
import { form } from '../elements/base/form';
import { api } from '../network/api';
import type { Page } from '../state/router';
import { h } from '../ui/dom';
import { texts } from '../ui/texts';
import { alternateAuthLink, authLayout } from './auth-layout';

/** Builds the page `/forgot-password`, which says the same whether or not there is such an account. */
export function forgotPasswordPage(): Page {
  const sent = h('p', { class: 'page-lead', role: 'status' });
  const content = authLayout(
    texts.auth.forgottenTitle,
    texts.auth.forgottenLead,
    form(
      {
        submit: texts.auth.sendLink,
        busy: texts.auth.sendingLink,
        action: async ({ email = '' }) => {
          await api.requestPasswordReset(email.trim());
          sent.textContent = texts.auth.linkSent(email.trim());
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
    ),
    sent,
    h('p', { class: 'auth-other' }, texts.auth.noMail),
    alternateAuthLink('/login', '/', texts.auth.rememberAgain, texts.auth.login),
  );
  return { title: texts.auth.forgottenTitle, content };
}
