import { Module } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { Config } from '#config';
import { Throttle } from '#nest';
import { CONFIG, REDIS } from '#platform';
import { NotificationsRepository } from '../feed/notifications.repository';
import { DeliveriesController, MANUAL_DELIVERIES } from './deliveries.controller';
import { DeliveriesRepository } from './deliveries.repository';
import { WebhookAddresses } from './webhook-addresses';
import { WebhookAlarm } from './webhook-alarm';
import { WebhookAttempts } from './webhook-attempts';
import { WebhookSender } from './webhook-sender';
import { WebhooksController } from './webhooks.controller';
import { WebhooksRepository } from './webhooks.repository';
import { WebhooksSweep } from './webhooks.sweep';

const PER_MINUTE = 60;

@Module({
  controllers: [WebhooksController, DeliveriesController],
  providers: [
    NotificationsRepository,
    WebhooksRepository,
    DeliveriesRepository,
    WebhookAddresses,
    WebhookSender,
    WebhookAlarm,
    WebhookAttempts,
    WebhooksSweep,
    {
      provide: MANUAL_DELIVERIES,
      useFactory: (redis: Redis, { tablePrefix }: Config) =>
        new Throttle(redis, tablePrefix, { name: 'webhook-deliveries', points: PER_MINUTE, durationSeconds: 60 }),
      inject: [REDIS, CONFIG],
    },
  ],
  exports: [WebhooksRepository, DeliveriesRepository, WebhookAttempts],
})
export class WebhooksModule {}
