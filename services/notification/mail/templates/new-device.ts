import { circumstances, notYou, type AccountTemplate } from './template';

export const newDevice: AccountTemplate = (context) => ({
  subject: context.strings.newDevice.subject,
  blocks: [
    { paragraph: context.strings.hello(context.mail.username) },
    { paragraph: context.strings.newDevice.lead },
    circumstances(context),
    ...notYou(context),
  ],
});
