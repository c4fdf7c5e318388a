import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { MediaCounters } from '#media';
import { serviceConsumers } from '#nest';
import { Dynamo } from '#platform';
import { AccountChanges } from './admin/account-changes';
import { AdminRoster } from './admin/admin-roster';
import { UserDirectory } from './admin/user-directory';
import { UsersAdminController } from './admin/users-admin.controller';
import { UsersAdminService } from './admin/users-admin.service';
import { ApiKeysController } from './api-keys.controller';
import { AuthController } from './auth.controller';
import { AuthService } from './auth.service';
import { AuthSweeper } from './auth.sweep';
import { AccountMails } from './email/account-mails';
import { EmailChanges } from './email/email-changes';
import { EmailController } from './email/email.controller';
import { PasswordResetRequests, PasswordResets } from './email/password-reset';
import { ErasureService } from './erasure.service';
import { LocalStrategy } from './local.strategy';
import { PasswordAttempts } from './password-attempts';
import { HASHING, owaspOptions, PasswordHasher } from './password-hasher';
import { Reservations } from './reservations';
import { UsersRepository } from './users.repository';

const consumers = serviceConsumers<'auth', [ErasureService, PasswordResets]>({
  inject: [ErasureService, PasswordResets],
  handlers: (erasure, resets) => ({
    erased: (payload) => erasure.record(payload),
    passwordResets: (payload) => resets.send(payload),
  }),
});

@Module({
  imports: [PassportModule],
  controllers: [AuthController, ApiKeysController, EmailController, UsersAdminController],
  providers: [
    AuthService,
    LocalStrategy,
    UsersRepository,
    Reservations,
    PasswordHasher,
    PasswordAttempts,
    ErasureService,
    AccountMails,
    EmailChanges,
    PasswordResetRequests,
    PasswordResets,
    AuthSweeper,
    AdminRoster,
    UserDirectory,
    AccountChanges,
    UsersAdminService,
    { provide: MediaCounters, useFactory: (dynamo: Dynamo) => new MediaCounters(dynamo), inject: [Dynamo] },
    consumers,
    { provide: HASHING, useValue: owaspOptions },
  ],
})
export class AuthModule {}
