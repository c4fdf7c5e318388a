import { Inject, Injectable, Logger } from '@nestjs/common';
import { MAILER, MailRejectedError, type Mail, type Mailer } from '#platform';
import { MailBook } from './mail-book';

/**
 * `requested`: its recipient waits for it, so it is tried even at an address that refused an earlier one.
 * `notice`: it is not sent to such an address.
 */
export type Urgency = 'requested' | 'notice';

/** Sends each mail once: what was sent is recorded, and found by a repeated delivery of its event. */
@Injectable()
export class OutgoingMails {
  private readonly logger = new Logger(OutgoingMails.name);

  constructor(
    @Inject(MAILER) private readonly mailer: Mailer,
    private readonly book: MailBook,
  ) {}

  /**
   * Sends a mail unless one was sent under its key, by default the id of the mail. A server that refuses it for good
   * ends the matter: the address is marked, which its owner sees in the profile.
   * @throws {DependencyUnavailableError} to be retried later
   */
  async send(
    userId: string,
    mail: Mail,
    { urgency, key = mail.id }: { urgency: Urgency; key?: string },
  ): Promise<void> {
    if (await this.book.wasSent(userId, key)) return;
    const bounce = await this.book.bounceOf(userId, mail.to);
    if (bounce && urgency === 'notice') return;
    try {
      await this.mailer.send(mail);
      if (bounce) await this.book.forgetBounce(userId, mail.to);
    } catch (error) {
      if (!(error instanceof MailRejectedError)) throw error;
      this.logger.warn({ userId, mailId: mail.id, reply: error.reply, msg: 'a mail was refused' });
      await this.book.recordBounce(userId, { email: mail.to, reply: error.reply, at: new Date().toISOString() });
    }
    await this.book.recordSent(userId, key);
  }
}
