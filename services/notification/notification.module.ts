import { Module } from '@nestjs/common';
import { MediaModule } from '#media';
import { serviceConsumers } from '#nest';
import { AlertsChannel } from './channels/alerts.channel';
import { EventDelivery } from './channels/event-delivery';
import { InAppChannel } from './channels/in-app.channel';
import { MailChannel } from './channels/mail.channel';
import { NotificationErasure } from './feed/erasure';
import { NotificationSweep } from './feed/notification-sweep';
import { NotificationsController } from './feed/notifications.controller';
import { NotificationsRepository } from './feed/notifications.repository';
import { LiveController } from './live/live.controller';
import { MailBook } from './mail/mail-book';
import { OutgoingMails } from './mail/outgoing-mails';

const consumers = serviceConsumers<'notification', [EventDelivery, NotificationErasure]>({
  inject: [EventDelivery, NotificationErasure],
  concurrency: 64, // a delivery waits until its confirmation is written together with others
  handlers: (delivery, erasure) => ({
    events: (payload, isRepeated) => delivery.deliver('inApp', payload, isRepeated),
    alerts: (payload, isRepeated) => delivery.deliver('alerts', payload, isRepeated),
    mails: (payload, isRepeated) => delivery.deliver('mail', payload, isRepeated),
    eraseNotifications: (payload) => erasure.erase(payload),
  }),
});

@Module({
  imports: [MediaModule],
  controllers: [NotificationsController, LiveController],
  providers: [
    NotificationsRepository,
    InAppChannel,
    AlertsChannel,
    MailChannel,
    MailBook,
    OutgoingMails,
    EventDelivery,
    NotificationErasure,
    NotificationSweep,
    consumers,
  ],
})
export class NotificationModule {}
