import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { serviceConsumers } from '#nest';
import { ApiKeysController } from './api-keys.controller';
import { AuthController } from './auth.controller';
import { AuthService } from './auth.service';
import { AuthSweeper } from './auth.sweep';
import { ErasureService } from './erasure.service';
import { LocalStrategy } from './local.strategy';
import { PasswordAttempts } from './password-attempts';
import { HASHING, owaspOptions, PasswordHasher } from './password-hasher';
import { Reservations } from './reservations';
import { UsersRepository } from './users.repository';

const consumers = serviceConsumers<'auth', [ErasureService]>({
  inject: [ErasureService],
  handlers: (erasure) => ({ erased: (payload) => erasure.record(payload) }),
});

@Module({
  imports: [PassportModule],
  controllers: [AuthController, ApiKeysController],
  providers: [
    AuthService,
    LocalStrategy,
    UsersRepository,
    Reservations,
    PasswordHasher,
    PasswordAttempts,
    ErasureService,
    AuthSweeper,
    consumers,
    { provide: HASHING, useValue: owaspOptions },
  ],
})
export class AuthModule {}
