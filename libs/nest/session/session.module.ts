import { Module, type DynamicModule } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { Config } from '#config';
import { Dynamo, REDIS, requireRedisUrl } from '#platform';
import { ApiKeys } from './api-keys';
import { Authentication } from './authentication';
import { SessionEvents } from './session-events';
import { Sessions } from './sessions';

/** Provides sessions, API keys and the events of their ends to every module of a service. */
@Module({})
export class SessionModule {
  static forRoot(config: Config): DynamicModule {
    const providers = [
      { provide: Sessions, useFactory: (redis: Redis) => new Sessions(redis, config.tablePrefix), inject: [REDIS] },
      {
        provide: ApiKeys,
        useFactory: (dynamo: Dynamo, redis: Redis) => new ApiKeys(dynamo, redis, config.tablePrefix),
        inject: [Dynamo, REDIS],
      },
      {
        provide: Authentication,
        useFactory: (sessions: Sessions, apiKeys: ApiKeys) => new Authentication(sessions, apiKeys),
        inject: [Sessions, ApiKeys],
      },
      { provide: SessionEvents, useFactory: () => new SessionEvents(requireRedisUrl(config), config.tablePrefix) },
    ];
    return { module: SessionModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}
