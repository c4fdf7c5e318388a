import { Module, type DynamicModule } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { Config } from '#config';
import { REDIS, requireRedisUrl } from '#platform';
import { SessionEvents } from './session-events';
import { Sessions } from './sessions';

/** Provides sessions and the events of their ends to every module of a service. */
@Module({})
export class SessionModule {
  static forRoot(config: Config): DynamicModule {
    const providers = [
      { provide: Sessions, useFactory: (redis: Redis) => new Sessions(redis, config.tablePrefix), inject: [REDIS] },
      { provide: SessionEvents, useFactory: () => new SessionEvents(requireRedisUrl(config), config.tablePrefix) },
    ];
    return { module: SessionModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}
