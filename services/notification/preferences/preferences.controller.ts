import { Controller } from '@nestjs/common';
import { api, type Mailbox, type Preferences, type PreferencesRequest } from '#contracts';
import { CurrentUser, Endpoint, ZodBody, type SessionUser } from '#nest';
import { MailBook } from '../mail/mail-book';
import { Recipients } from '../mail/recipients';
import { PreferencesRepository } from './preferences.repository';

@Controller()
export class PreferencesController {
  constructor(
    private readonly preferences: PreferencesRepository,
    private readonly book: MailBook,
    private readonly recipients: Recipients,
  ) {}

  @Endpoint(api.notifications.preferences)
  read(@CurrentUser() user: SessionUser): Promise<Preferences> {
    return this.preferences.read(user.id);
  }

  @Endpoint(api.notifications.updatePreferences)
  update(
    @CurrentUser() user: SessionUser,
    @ZodBody(api.notifications.updatePreferences.body) changes: PreferencesRequest,
  ): Promise<Preferences> {
    return this.preferences.update(user.id, changes);
  }

  @Endpoint(api.notifications.mailbox)
  async mailbox(@CurrentUser() user: SessionUser): Promise<Mailbox> {
    const recipient = await this.recipients.find(user.id);
    return { bounce: recipient && (await this.book.bounceOf(user.id, recipient.email)) };
  }
}
