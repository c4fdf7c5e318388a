import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import type { ChangePasswordRequest, RegisterRequest, User, UserEvent } from '#contracts';
import { ProblemError, Sessions, type SessionUser } from '#nest';
import { Outbox, userKey } from '#platform';
import { PasswordAttempts } from './password-attempts';
import { PasswordHasher } from './password-hasher';
import { refuseWeakPassword } from './password-policy';
import { toUser, type UserItem } from './user.item';
import { UsersRepository } from './users.repository';

/** Accounts and the way into them. */
@Injectable()
export class AuthService {
  constructor(
    private readonly users: UsersRepository,
    private readonly hasher: PasswordHasher,
    private readonly attempts: PasswordAttempts,
    private readonly sessions: Sessions,
    private readonly outbox: Outbox,
  ) {}

  /** @throws {ProblemError} email_taken, username_taken, validation_failed, too_many_attempts */
  async register(req: Request, { username, email, password }: RegisterRequest): Promise<User> {
    refuseWeakPassword(password, { username, email }, 'password');
    const ip = req.ip ?? '';
    await this.attempts.countRegistration(ip);
    const created = await this.users.create({ username, email, passwordHash: await this.hasher.hash(password) });
    if ('taken' in created) throw new ProblemError(`${created.taken}_taken`);
    const { user, event } = created;
    try {
      await this.attempts.remember({ account: user.emailLower, ip });
      await this.sessions.start(req, user);
    } catch (error) {
      await this.users.undo(user); // nothing half-made: the client is told that it failed, and will come again
      throw error;
    }
    await this.announce(event);
    return toUser(user);
  }

  /** @returns null for a wrong password and for an account that does not exist, after the same time. */
  async authenticate(email: string, password: string, ip: string): Promise<UserItem | null> {
    const account = email.toLowerCase();
    let user: UserItem | null = null;
    const isRight = await this.attempts.judge({ account, ip }, async (isKnown) => {
      user = await this.users.findByEmail(account);
      return this.hasher.verify(user?.passwordHash ?? null, password, isKnown);
    });
    return isRight ? user : null;
  }

  /**
   * Starts a session for an account whose password was just found right. The session comes first and the account is asked
   * again after it: who changes the password at the same moment either sees the session and ends it, or is seen here.
   */
  async login(req: Request, user: UserItem): Promise<User> {
    const session = await this.sessions.start(req, user);
    const login = await this.users.recordLogin(user).catch(async (error: unknown) => {
      await this.abandon(req, session);
      throw error;
    });
    if (!login) {
      await this.abandon(req, session);
      throw new ProblemError('invalid_credentials');
    }
    await this.announce(login.event);
    return toUser(login.user);
  }

  /** @throws {ProblemError} unauthenticated when the account is gone */
  async find(current: SessionUser): Promise<UserItem> {
    const user = await this.users.find(current.id);
    if (!user) throw new ProblemError('unauthenticated');
    return user;
  }

  /** @throws {ProblemError} username_taken */
  async rename(current: SessionUser, username: string): Promise<User> {
    const renamed = await this.users.rename(await this.find(current), username);
    if (renamed === 'taken') throw new ProblemError('username_taken');
    if (renamed !== 'changed') return toUser(renamed);
    const now = await this.find(current);
    if (now.username === username) return toUser(now);
    throw new ProblemError('conflict');
  }

  /** Every other session ends, and this one gets a new cookie. @throws {ProblemError} wrong_password, validation_failed */
  async changePassword(
    req: Request,
    current: SessionUser,
    { currentPassword, newPassword }: ChangePasswordRequest,
  ): Promise<void> {
    const user = await this.find(current);
    refuseWeakPassword(newPassword, user, 'newPassword');
    await this.confirmPassword(req, user, currentPassword);
    if (!(await this.users.setPassword(user, await this.hasher.hash(newPassword))))
      throw new ProblemError('wrong_password');
    await this.sessions.endAll(user.id, current.sessionId);
    await this.sessions.rotate(req);
  }

  /** Asks the owner of a session for the password again, as strictly as at the login. @throws {ProblemError} wrong_password */
  async confirmPassword(req: Request, user: UserItem, password: string): Promise<void> {
    const guess = { account: user.emailLower, ip: req.ip ?? '' };
    const isRight = await this.attempts.judge(guess, (isKnown) =>
      this.hasher.verify(user.passwordHash, password, isKnown),
    );
    if (!isRight) throw new ProblemError('wrong_password');
  }

  private async abandon(req: Request, session: SessionUser): Promise<void> {
    await this.sessions.end(session.id, session.sessionId);
    await this.sessions.forget(req);
  }

  private async announce(event: UserEvent): Promise<void> {
    await this.outbox.announce({ table: 'users', key: userKey(event.userId) }, event);
  }
}
