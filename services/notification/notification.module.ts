import { Module } from '@nestjs/common';
import { MediaModule } from '#media';
import { serviceConsumers } from '#nest';
import { DomainEvents } from './events/domain-events';
import { EventNotifier } from './events/event-notifier';
import { NotificationErasure } from './feed/erasure';
import { NotificationSweep } from './feed/notification-sweep';
import { NotificationsController } from './feed/notifications.controller';
import { NotificationsRepository } from './feed/notifications.repository';
import { LiveController } from './live/live.controller';

const consumers = serviceConsumers<'notification', [DomainEvents, NotificationErasure]>({
  inject: [DomainEvents, NotificationErasure],
  concurrency: 16,
  handlers: (events, erasure) => ({
    events: (payload) => events.tell(payload),
    alerts: (payload) => events.alert(payload),
    eraseNotifications: (payload) => erasure.erase(payload),
  }),
});

@Module({
  imports: [MediaModule],
  controllers: [NotificationsController, LiveController],
  providers: [NotificationsRepository, DomainEvents, EventNotifier, NotificationErasure, NotificationSweep, consumers],
})
export class NotificationModule {}
