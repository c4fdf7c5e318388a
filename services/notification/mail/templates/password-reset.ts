import { linkExpiry } from '#platform';
import { button, type AccountTemplate } from './template';

export const passwordReset: AccountTemplate = ({ strings, mail, event, link }) => ({
  subject: strings.passwordReset.subject,
  blocks: [
    { paragraph: strings.hello(mail.username) },
    { paragraph: strings.passwordReset.lead },
    ...button(strings.setPassword, link('/reset-password', { withToken: true })),
    { paragraph: strings.linkOnce(strings.time(linkExpiry(event))) },
    { small: strings.passwordReset.ignore },
  ],
});
