import type { CollectedMedium } from '../collected-mails';
import type { Letter } from '../layout';
import type { MediaContext } from './media-template';
import { button } from './template';

export const mediumFailed = (context: MediaContext, { title, failure }: CollectedMedium, mediaId: string): Letter => ({
  subject: context.strings.mediumFailed.subject(title),
  blocks: [
    { paragraph: context.strings.hello(context.username) },
    { paragraph: failure?.message ?? '' },
    ...button(context.strings.mediumFailed.open, context.link(`/media/${mediaId}`)),
    { small: context.strings.preferences },
  ],
});
