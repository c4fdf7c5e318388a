import type { CollectedMedium } from '../collected-mails';
import type { Letter } from '../layout';
import { countsOf, outcomes, type MediaContext } from './media-template';

export const dropFinished = (context: MediaContext, media: readonly CollectedMedium[]): Letter => ({
  subject: context.strings.dropFinished.subject(countsOf(context, media)),
  blocks: [
    { paragraph: context.strings.hello(context.username) },
    { paragraph: context.strings.dropFinished.lead },
    ...outcomes(context, media),
  ],
});
