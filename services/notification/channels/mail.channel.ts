import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import type { UserEvent } from '#contracts';
import { CONFIG, deterministicId, linkToken, mailOrigin } from '#platform';
import { layOut } from '../mail/layout';
import { MediaMails } from '../mail/media-mails';
import { OutgoingMails, type Urgency } from '../mail/outgoing-mails';
import { english } from '../mail/strings.en';
import { accountTemplates } from '../mail/templates';
import { isMediaEvent, type DeliveryChannel, type DomainEvent } from './channel';

/** Mails that their recipient has asked for and waits for. */
const REQUESTED = new Set<UserEvent['type']>(['user.password_reset_requested', 'user.email_confirmation_requested']);

/** Sends the mail about an event, to a mail server or a folder. */
@Injectable()
export class MailChannel implements DeliveryChannel {
  constructor(
    private readonly outgoing: OutgoingMails,
    private readonly media: MediaMails,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async deliver(event: DomainEvent, { isOwnerDeleted }: { isOwnerDeleted: boolean }): Promise<void> {
    if (isMediaEvent(event)) return isOwnerDeleted ? undefined : this.media.deliver(event);
    const template = accountTemplates[event.type];
    const { mail } = event;
    if (!template || !mail) return; // an event of a version without mails
    const letter = template({ strings: english, mail, event, link: this.linksOf(event, mail.origin) });
    const urgency: Urgency = REQUESTED.has(event.type) ? 'requested' : 'notice';
    const id = deterministicId(event.occurredAt, event.id);
    await this.outgoing.send(event.userId, { id, to: mail.to, ...layOut(letter) }, { urgency });
  }

  private linksOf(event: UserEvent, requestOrigin: string | null) {
    const origin = mailOrigin(this.config.publicUrl, requestOrigin);
    return (path: string, { withToken } = { withToken: false }): string | null => {
      if (!origin) return null;
      const query = withToken
        ? `?token=${linkToken(this.config.sessionSecret(), event.userId, event.mail?.nonce ?? '')}`
        : '';
      return `${origin}${path}${query}`;
    };
  }
}
