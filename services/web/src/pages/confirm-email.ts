import { form } from '../elements/base/form';
import { api } from '../network/api';
import { navigate, type Page, type PageContext } from '../state/router';
import { session } from '../state/session';
import { h } from '../ui/dom';
import { texts } from '../ui/texts';
import { toast } from '../ui/toasts';
import { alternateAuthLink, authLayout } from './auth-layout';

/** Builds the page `/confirm-email?token=…`: a button, because programs that check links in mails open them, too. */
export function confirmEmailPage({ query }: PageContext): Page {
  const token = query.get('token');
  const content = authLayout(
    texts.auth.confirmEmailTitle,
    texts.auth.confirmEmailLead,
    token ? confirmForm(token) : h('p', { class: 'form-alert' }, texts.auth.linkIncomplete),
    alternateAuthLink('/profile', '/', texts.auth.needEmailLink, texts.auth.toProfile),
  );
  return { title: texts.auth.confirmEmailTitle, content };
}

function confirmForm(token: string): HTMLFormElement {
  return form({
    submit: texts.auth.confirmEmailSubmit,
    action: async () => {
      await api.verifyEmail(token);
      if (session.value) session.set(await api.me());
      navigate(session.value ? '/profile' : '/login', { replace: true });
      toast(texts.auth.emailConfirmed);
    },
  });
}
