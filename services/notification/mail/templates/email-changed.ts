import { circumstances, type AccountTemplate } from './template';

export const emailChanged: AccountTemplate = (context) => ({
  subject: context.strings.emailChanged.subject,
  blocks: [
    { paragraph: context.strings.hello(context.mail.username) },
    { paragraph: context.strings.emailChanged.lead(context.mail.otherEmail ?? '') },
    circumstances(context),
    { paragraph: context.strings.emailChanged.notYou },
  ],
});
