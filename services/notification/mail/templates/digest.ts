import type { CollectedMedium } from '../collected-mails';
import type { Letter } from '../layout';
import { countsOf, outcomes, type MediaContext } from './media-template';

export const digest = (context: MediaContext, media: readonly CollectedMedium[]): Letter => ({
  subject: context.strings.digest.subject(countsOf(context, media)),
  blocks: [
    { paragraph: context.strings.hello(context.username) },
    { paragraph: context.strings.digest.lead },
    ...outcomes(context, media),
  ],
});
