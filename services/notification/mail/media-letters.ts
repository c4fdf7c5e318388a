import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import type { MediaEvent } from '#media';
import { CONFIG, deterministicId, mailOrigin } from '#platform';
import type { CollectedMedium } from './collected-mails';
import { layOut, type Letter } from './layout';
import { OutgoingMails } from './outgoing-mails';
import { Recipients } from './recipients';
import { english } from './strings.en';
import { digest } from './templates/digest';
import { dropFinished } from './templates/drop-finished';
import type { MediaContext } from './templates/media-template';
import { mediumFailed } from './templates/medium-failed';
import { mediumReady } from './templates/medium-ready';
import { unsubscribeToken, type MailList } from './unsubscribe-token';

/** Composes and sends the mails about media. */
@Injectable()
export class MediaLetters {
  constructor(
    private readonly outgoing: OutgoingMails,
    private readonly recipients: Recipients,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Sends the mail about one medium. */
  async sendOne(event: MediaEvent, medium: CollectedMedium): Promise<void> {
    const template = medium.status === 'failed' ? mediumFailed : mediumReady;
    const list = medium.status === 'failed' ? 'media.failed' : 'media.completed';
    const id = deterministicId(event.occurredAt, event.id);
    await this.send(event.userId, { id, key: id, list }, (context) => template(context, medium, event.mediaId));
  }

  /** Sends the mail about a collection. @param at ISO time by which its file is sorted */
  async sendCollection(userId: string, collection: string, at: string, media: CollectedMedium[]): Promise<void> {
    const isDrop = collection.startsWith('drop#');
    const id = deterministicId(at, `${userId} ${collection}`);
    const mail = { id, key: collection, list: isDrop ? 'drop.finished' : 'daily' } as const;
    await this.send(userId, mail, (context) => (isDrop ? dropFinished : digest)(context, media));
  }

  private async send(
    userId: string,
    { id, key, list }: { id: string; key: string; list: MailList },
    compose: (context: MediaContext) => Letter,
  ): Promise<void> {
    const recipient = await this.recipients.find(userId);
    if (!recipient) return;
    const origin = mailOrigin(this.config.publicUrl, recipient.origin);
    const link = (path: string) => (origin ? origin + path : null);
    const letter = compose({ strings: english, username: recipient.username, link });
    const token = unsubscribeToken(this.config.sessionSecret(), userId, list);
    const unsubscribeUrl = link(`/api/unsubscribe/${token}`);
    const mail = { id, to: recipient.email, ...layOut(letter), ...(unsubscribeUrl && { unsubscribeUrl }) };
    await this.outgoing.send(userId, mail, { urgency: 'notice', key });
  }
}
