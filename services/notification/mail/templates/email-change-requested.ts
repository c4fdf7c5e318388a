import { circumstances, notYou, type AccountTemplate } from './template';

export const emailChangeRequested: AccountTemplate = (context) => ({
  subject: context.strings.emailChangeRequested.subject,
  blocks: [
    { paragraph: context.strings.hello(context.mail.username) },
    { paragraph: context.strings.emailChangeRequested.lead(context.mail.otherEmail ?? '') },
    circumstances(context),
    ...notYou(context),
  ],
});
