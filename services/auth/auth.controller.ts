import { Controller, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import {
  api,
  changePasswordRequest,
  deleteMeRequest,
  registerRequest,
  updateMeRequest,
  type ChangePasswordRequest,
  type DeleteMeRequest,
  type RegisterRequest,
  type SessionInfo,
  type UpdateMeRequest,
  type User,
} from '#contracts';
import { CurrentUser, Endpoint, Id, ProblemError, Sessions, ZodBody, type SessionUser } from '#nest';
import { AuthService } from './auth.service';
import { AccountMails } from './email/account-mails';
import { ErasureService } from './erasure.service';
import { LocalGuard } from './local.strategy';
import { accountMail, userEvent } from './user-events';
import { toUser, type UserItem } from './user.item';

@Controller()
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly sessions: Sessions,
    private readonly erasure: ErasureService,
    private readonly mails: AccountMails,
  ) {}

  @Endpoint(api.auth.register)
  register(@Req() req: Request, @ZodBody(registerRequest) body: RegisterRequest): Promise<User> {
    return this.auth.register(req, body);
  }

  @Endpoint(api.auth.login)
  @UseGuards(LocalGuard)
  login(@Req() req: Request): Promise<User> {
    return this.auth.login(req, req.user as UserItem);
  }

  @Endpoint(api.auth.logout)
  async logout(
    @Req() req: Request,
    @Res({ passthrough: true }) res: Response,
    @CurrentUser() user: SessionUser,
  ): Promise<void> {
    await this.sessions.end(user.id, user.sessionId);
    await this.sessions.forget(req, res);
  }

  @Endpoint(api.auth.me)
  async me(@CurrentUser() user: SessionUser): Promise<User> {
    return toUser(await this.auth.find(user));
  }

  @Endpoint(api.auth.updateMe)
  updateMe(@CurrentUser() user: SessionUser, @ZodBody(updateMeRequest) { username }: UpdateMeRequest): Promise<User> {
    return this.auth.rename(user, username);
  }

  @Endpoint(api.auth.changePassword)
  async changePassword(
    @Req() req: Request,
    @CurrentUser() user: SessionUser,
    @ZodBody(changePasswordRequest) body: ChangePasswordRequest,
  ): Promise<void> {
    await this.auth.changePassword(req, user, body);
  }

  @Endpoint(api.auth.deleteMe)
  async deleteMe(
    @Req() req: Request,
    @Res({ passthrough: true }) res: Response,
    @CurrentUser() current: SessionUser,
    @ZodBody(deleteMeRequest) { password }: DeleteMeRequest,
  ): Promise<void> {
    const user = await this.auth.find(current);
    await this.auth.confirmPassword(req, user, password);
    const event = userEvent(user.id, 'user.deleted', accountMail(user, req));
    if (!(await this.erasure.request(user, event))) throw new ProblemError('wrong_password');
    await this.mails.announce(event);
    await this.sessions.forget(req, res);
  }

  @Endpoint(api.auth.sessions)
  async list(@CurrentUser() user: SessionUser): Promise<{ items: SessionInfo[] }> {
    return { items: await this.sessions.list(user.id, user.sessionId) };
  }

  @Endpoint(api.auth.endOtherSessions)
  endOthers(@CurrentUser() user: SessionUser): Promise<void> {
    return this.sessions.endAll(user.id, user.sessionId);
  }

  @Endpoint(api.auth.endSession)
  async endSession(
    @Req() req: Request,
    @Res({ passthrough: true }) res: Response,
    @CurrentUser() user: SessionUser,
    @Id() id: string,
  ): Promise<void> {
    if (!(await this.sessions.end(user.id, id))) throw new ProblemError('not_found');
    if (id === user.sessionId) await this.sessions.forget(req, res);
  }
}
