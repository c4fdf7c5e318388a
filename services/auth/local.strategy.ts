import { Injectable, type ExecutionContext } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import type { Request } from 'express';
import { Strategy } from 'passport-local';
import { loginRequest, type LoginRequest } from '#contracts';
import { parseWith, ProblemError } from '#nest';
import { AuthService } from './auth.service';
import type { UserItem } from './user.item';

/** passport-local strategy for e-mail and password. */
@Injectable()
export class LocalStrategy extends PassportStrategy(Strategy) {
  constructor(private readonly auth: AuthService) {
    super({ usernameField: 'email', passwordField: 'password', passReqToCallback: true });
  }

  validate(req: Request, email: string, password: string): Promise<UserItem | null> {
    return this.auth.authenticate(req, email, password);
  }
}

/** Authenticates a login request and sets `req.user` to the account. @throws {ProblemError} invalid_credentials */
@Injectable()
export class LocalGuard extends AuthGuard('local') {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const req = context.switchToHttp().getRequest<Request>();
    req.body = parseWith<LoginRequest>(loginRequest, req.body ?? {});
    return (await super.canActivate(context)) as boolean;
  }

  override handleRequest<T>(error: unknown, user: T | false | null): T {
    if (error) throw error as Error;
    if (!user) throw new ProblemError('invalid_credentials');
    return user;
  }
}
