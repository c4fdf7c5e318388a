import { Inject, Logger, Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Config } from '#config';
import { MediaModule } from '#media';
import { CONFIG, Consumers, JobQueue, LiveFeed, requireRedisUrl, type HandlersOf } from '#platform';
import { DomainEvents } from './events/domain-events';
import { EventTeller } from './events/event-teller';
import { NotificationsController } from './feed/notifications.controller';
import { NotificationsRepository } from './feed/notifications.repository';
import { LiveController } from './live/live.controller';

const CONCURRENCY = 16;

@Module({
  imports: [MediaModule],
  controllers: [NotificationsController, LiveController],
  providers: [NotificationsRepository, DomainEvents, EventTeller],
})
export class NotificationModule implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(NotificationModule.name);
  private consumers: Consumers<'notification'> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly events: DomainEvents,
    private readonly notifications: NotificationsRepository,
    private readonly live: LiveFeed,
    private readonly queue: JobQueue,
  ) {}

  onApplicationBootstrap(): void {
    const handlers: HandlersOf<'notification'> = {
      events: (payload) => this.events.tell(payload),
      alerts: (payload) => this.events.alert(payload),
      eraseNotifications: ({ userId }) => this.erase(userId),
    };
    this.consumers = new Consumers(handlers, {
      redisUrl: requireRedisUrl(this.config),
      tablePrefix: this.config.tablePrefix,
      concurrency: CONCURRENCY,
      onFailure: (queue, job, err) => this.logger.warn({ err, queue, jobId: job?.id, msg: 'a job broke and is tried again' }),
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.consumers?.close();
  }

  private async erase(userId: string): Promise<void> {
    const notifications = await this.notifications.erase(userId);
    await this.live.forget(userId);
    await this.queue.send('erased', { userId, service: 'notification', counts: { notifications } });
  }
}
