import { linkExpiry } from '#platform';
import { button, type AccountTemplate } from './template';

export const confirmEmail: AccountTemplate = ({ strings, mail, event, link }) => ({
  subject: strings.confirmEmail.subject,
  blocks: [
    { paragraph: strings.hello(mail.username) },
    { paragraph: strings.confirmEmail.lead },
    ...button(strings.confirmEmail.confirm, link('/confirm-email', { withToken: true })),
    { paragraph: strings.linkOnce(strings.time(linkExpiry(event))) },
    { small: strings.confirmEmail.ignore },
  ],
});
