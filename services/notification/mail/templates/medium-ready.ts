import type { CollectedMedium } from '../collected-mails';
import type { Letter } from '../layout';
import type { MediaContext } from './media-template';
import { button } from './template';

export const mediumReady = (context: MediaContext, { title }: CollectedMedium, mediaId: string): Letter => ({
  subject: context.strings.mediumReady.subject(title),
  blocks: [
    { paragraph: context.strings.hello(context.username) },
    { paragraph: context.strings.mediumReady.lead },
    ...button(context.strings.mediumReady.open, context.link(`/media/${mediaId}`)),
    { small: context.strings.preferences },
  ],
});
