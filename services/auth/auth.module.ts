import { Inject, Logger, Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import type { Redis } from 'ioredis';
import type { Config } from '#config';
import { CONFIG, Consumers, Locks, REDIS, requireRedisUrl, type HandlersOf } from '#platform';
import { AuthController } from './auth.controller';
import { AuthService } from './auth.service';
import { AuthSweeper } from './auth.sweeper';
import { ErasureService } from './erasure.service';
import { LocalStrategy } from './local.strategy';
import { PasswordAttempts } from './password-attempts';
import { HASHING, owasp, PasswordHasher } from './password-hasher';
import { Reservations } from './reservations';
import { UsersRepository } from './users.repository';

const locks = { provide: Locks, useFactory: (redis: Redis, config: Config) => new Locks(redis, config.tablePrefix), inject: [REDIS, CONFIG] };

@Module({
  imports: [PassportModule],
  controllers: [AuthController],
  providers: [AuthService, LocalStrategy, UsersRepository, Reservations, PasswordHasher, PasswordAttempts, ErasureService, AuthSweeper, locks, { provide: HASHING, useValue: owasp }],
})
export class AuthModule implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(AuthModule.name);
  private consumers: Consumers<'auth'> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly erasure: ErasureService,
  ) {}

  onApplicationBootstrap(): void {
    const handlers: HandlersOf<'auth'> = { erased: (payload) => this.erasure.record(payload) };
    this.consumers = new Consumers(handlers, {
      redisUrl: requireRedisUrl(this.config),
      tablePrefix: this.config.tablePrefix,
      concurrency: 2,
      onFailure: (queue, job, err) => this.logger.warn({ err, queue, jobId: job?.id, msg: 'a job broke and is tried again' }),
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.consumers?.close();
  }
}
