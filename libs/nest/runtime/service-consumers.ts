import { Logger, type FactoryProvider, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Config } from '#config';
import type { Consumer } from '#contracts';
import { CONFIG, Consumers, requireRedisUrl, type HandlersOf } from '#platform';

const DEFAULT_CONCURRENCY = 2;

/** The consumers of a service; they run as long as its application. */
class ServiceConsumers<C extends Consumer> implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(ServiceConsumers.name);
  private consumers: Consumers<C> | undefined;

  constructor(
    private readonly handlers: HandlersOf<C>,
    private readonly config: Config,
    private readonly concurrency: number,
  ) {}

  onApplicationBootstrap(): void {
    this.consumers = new Consumers(this.handlers, {
      redisUrl: requireRedisUrl(this.config),
      tablePrefix: this.config.tablePrefix,
      concurrency: this.concurrency,
      onFailure: (queue, job, err) =>
        this.logger.warn({ err, queue, jobId: job?.id, msg: 'job failed and will be retried' }),
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.consumers?.close();
  }
}

/**
 * Returns a provider that consumes every queue of service `C`; `handlers` receives the injected providers. A missing
 * queue is a compile error.
 */
export function serviceConsumers<C extends Consumer, D extends unknown[]>(options: {
  inject: { [K in keyof D]: new (...args: never[]) => D[K] };
  handlers: (...injected: D) => HandlersOf<C>;
  concurrency?: number;
}): FactoryProvider {
  return {
    provide: ServiceConsumers,
    inject: [CONFIG, ...options.inject],
    useFactory: (config: Config, ...injected: D) =>
      new ServiceConsumers<C>(options.handlers(...injected), config, options.concurrency ?? DEFAULT_CONCURRENCY),
  };
}
