import { Module, type DynamicModule } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { Config } from '#config';
import { ALERTS, Dynamo, JobQueue, Outbox, REDIS, requireRedisUrl, STORAGE } from '#platform';
import { BacklogMetrics } from './backlog-metrics';
import { Health } from './health';
import { SessionEvents } from './session-events';
import { Sessions } from './sessions';
import { Stopping } from './stopping';

/** Sessions, health, metrics and the end of the process, for every module of a service. */
@Module({})
export class SessionsModule {
  static forRoot(config: Config): DynamicModule {
    const providers = [
      { provide: Sessions, useFactory: (redis: Redis) => new Sessions(redis, config.tablePrefix), inject: [REDIS] },
      { provide: SessionEvents, useFactory: () => new SessionEvents(requireRedisUrl(config), config.tablePrefix) },
      { provide: Health, useFactory: Health.of, inject: [JobQueue, Dynamo, STORAGE, ALERTS] },
      { provide: BacklogMetrics, useFactory: (queue: JobQueue, outbox: Outbox) => new BacklogMetrics(queue, outbox), inject: [JobQueue, Outbox] },
      { provide: Stopping, useValue: new Stopping() },
    ];
    return { module: SessionsModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}
