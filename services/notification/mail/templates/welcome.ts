import { button, type AccountTemplate } from './template';

export const welcome: AccountTemplate = ({ strings, mail, link }) => ({
  subject: strings.welcome.subject,
  blocks: [
    { paragraph: strings.hello(mail.username) },
    { paragraph: strings.welcome.lead },
    ...button(strings.welcome.confirm, link('/confirm-email', { withToken: true })),
    { small: strings.welcome.ignore },
  ],
});
