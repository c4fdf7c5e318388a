import { Module } from '@nestjs/common';
import { MediaModule } from '#media';
import { serviceConsumers } from '#nest';
import { AlertsChannel } from './channels/alerts.channel';
import { EventDelivery } from './channels/event-delivery';
import { InAppChannel } from './channels/in-app.channel';
import { MailChannel } from './channels/mail.channel';
import { WebhooksChannel } from './channels/webhooks.channel';
import { NotificationErasure } from './feed/erasure';
import { NotificationSweep } from './feed/notification-sweep';
import { NotificationsController } from './feed/notifications.controller';
import { NotificationsRepository } from './feed/notifications.repository';
import { LiveController } from './live/live.controller';
import { MailBook } from './mail/mail-book';
import { OutgoingMails } from './mail/outgoing-mails';
import { WebhookAttempts } from './webhooks/webhook-attempts';
import { WebhooksModule } from './webhooks/webhooks.module';

const consumers = serviceConsumers<'notification', [EventDelivery, NotificationErasure, WebhookAttempts]>({
  inject: [EventDelivery, NotificationErasure, WebhookAttempts],
  concurrency: 64, // a delivery waits until its confirmation is written together with others
  handlers: (delivery, erasure, attempts) => ({
    events: (payload, isRepeated) => delivery.deliver('events', payload, isRepeated),
    alerts: (payload, isRepeated) => delivery.deliver('alerts', payload, isRepeated),
    mails: (payload, isRepeated) => delivery.deliver('mails', payload, isRepeated),
    webhookDeliveries: (payload) => attempts.attempt(payload),
    eraseNotifications: (payload) => erasure.erase(payload),
  }),
});

@Module({
  imports: [MediaModule, WebhooksModule],
  controllers: [NotificationsController, LiveController],
  providers: [
    NotificationsRepository,
    InAppChannel,
    AlertsChannel,
    MailChannel,
    MailBook,
    OutgoingMails,
    WebhooksChannel,
    EventDelivery,
    NotificationErasure,
    NotificationSweep,
    consumers,
  ],
})
export class NotificationModule {}
