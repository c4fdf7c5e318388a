import { circumstances, notYou, type AccountTemplate } from './template';

export const passwordChanged: AccountTemplate = (context) => ({
  subject: context.strings.passwordChanged.subject,
  blocks: [
    { paragraph: context.strings.hello(context.mail.username) },
    { paragraph: context.strings.passwordChanged.lead },
    ...(context.mail.device ? [] : [{ paragraph: context.strings.passwordChanged.byOperator }]),
    circumstances(context),
    ...notYou(context),
  ],
});
