import { circumstances, type AccountTemplate } from './template';

export const accountDeleted: AccountTemplate = (context) => ({
  subject: context.strings.accountDeleted.subject,
  blocks: [
    { paragraph: context.strings.hello(context.mail.username) },
    { paragraph: context.strings.accountDeleted.lead },
    circumstances(context),
    { small: context.strings.accountDeleted.notYou },
  ],
});
