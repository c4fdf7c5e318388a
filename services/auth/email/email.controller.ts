import { Controller, Req } from '@nestjs/common';
import type { Request } from 'express';
import {
  api,
  type ChangeEmailRequest,
  type ConfirmPasswordResetRequest,
  type EmailState,
  type PasswordResetRequest,
  type VerifyEmailRequest,
} from '#contracts';
import { CurrentUser, Endpoint, ZodBody, type SessionUser } from '#nest';
import { AuthService } from '../auth.service';
import { EmailChanges } from './email-changes';
import { PasswordResetRequests, PasswordResets } from './password-reset';

/** What is done by links in mails. */
@Controller()
export class EmailController {
  constructor(
    private readonly auth: AuthService,
    private readonly requests: PasswordResetRequests,
    private readonly resets: PasswordResets,
    private readonly changes: EmailChanges,
  ) {}

  @Endpoint(api.auth.requestPasswordReset)
  requestPasswordReset(
    @Req() req: Request,
    @ZodBody(api.auth.requestPasswordReset.body) { email }: PasswordResetRequest,
  ): Promise<void> {
    return this.requests.accept(req, email);
  }

  @Endpoint(api.auth.confirmPasswordReset)
  confirmPasswordReset(
    @Req() req: Request,
    @ZodBody(api.auth.confirmPasswordReset.body) body: ConfirmPasswordResetRequest,
  ): Promise<void> {
    return this.resets.confirm(req, body);
  }

  @Endpoint(api.auth.verifyEmail)
  verifyEmail(@Req() req: Request, @ZodBody(api.auth.verifyEmail.body) { token }: VerifyEmailRequest): Promise<void> {
    return this.changes.confirm(req, token);
  }

  @Endpoint(api.auth.email)
  async email(@CurrentUser() user: SessionUser): Promise<EmailState> {
    return this.changes.state(await this.auth.find(user));
  }

  @Endpoint(api.auth.changeEmail)
  async changeEmail(
    @Req() req: Request,
    @CurrentUser() current: SessionUser,
    @ZodBody(api.auth.changeEmail.body) { email, password }: ChangeEmailRequest,
  ): Promise<void> {
    const user = await this.auth.find(current);
    await this.auth.confirmPassword(req, user, password);
    await this.changes.request(req, user, email);
  }
}
