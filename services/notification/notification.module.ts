import { Module } from '@nestjs/common';
import { MediaModule } from '#media';
import { serviceConsumers } from '#nest';
import { AlertsChannel } from './channels/alerts.channel';
import { EventDelivery } from './channels/event-delivery';
import { InAppChannel } from './channels/in-app.channel';
import { MailChannel } from './channels/mail.channel';
import { WebhooksChannel } from './channels/webhooks.channel';
import { NotificationErasure } from './feed/erasure';
import { NotificationFeed } from './feed/notification-feed';
import { NotificationSweep } from './feed/notification-sweep';
import { NotificationsController } from './feed/notifications.controller';
import { NotificationsRepository } from './feed/notifications.repository';
import { LiveController } from './live/live.controller';
import { CollectedMails } from './mail/collected-mails';
import { MailBook } from './mail/mail-book';
import { MailSweep } from './mail/mail.sweep';
import { MediaLetters } from './mail/media-letters';
import { MediaMails } from './mail/media-mails';
import { OutgoingMails } from './mail/outgoing-mails';
import { Recipients } from './mail/recipients';
import { PreferencesController } from './preferences/preferences.controller';
import { PreferencesRepository } from './preferences/preferences.repository';
import { UnsubscribeController } from './preferences/unsubscribe.controller';
import { WebhookAttempts } from './webhooks/webhook-attempts';
import { WebhooksModule } from './webhooks/webhooks.module';

const consumers = serviceConsumers<'notification', [EventDelivery, NotificationErasure, WebhookAttempts]>({
  inject: [EventDelivery, NotificationErasure, WebhookAttempts],
  concurrency: 256, // a delivery waits until its confirmation is written together with others
  handlers: (delivery, erasure, attempts) => ({
    announced: (payload, isRepeated) => delivery.deliverAnnounced(payload, isRepeated),
    events: (payload) => delivery.deliver('events', payload),
    alerts: (payload) => delivery.deliver('alerts', payload),
    mails: (payload) => delivery.deliver('mails', payload),
    webhookDeliveries: (payload) => attempts.attempt(payload),
    eraseNotifications: (payload) => erasure.erase(payload),
  }),
});

@Module({
  imports: [MediaModule, WebhooksModule],
  controllers: [NotificationsController, LiveController, PreferencesController, UnsubscribeController],
  providers: [
    NotificationsRepository,
    InAppChannel,
    AlertsChannel,
    MailChannel,
    MailBook,
    MediaMails,
    MediaLetters,
    CollectedMails,
    MailSweep,
    Recipients,
    PreferencesRepository,
    NotificationFeed,
    OutgoingMails,
    WebhooksChannel,
    EventDelivery,
    NotificationErasure,
    NotificationSweep,
    consumers,
  ],
})
export class NotificationModule {}
