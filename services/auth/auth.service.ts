import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import type { ChangePasswordRequest, RegisterRequest, User } from '#contracts';
import { ProblemError, readDevice, sendDevice, Sessions, type SessionUser } from '#nest';
import { AccountMails } from './email/account-mails';
import { PasswordAttempts, type Guess } from './password-attempts';
import { PasswordHasher } from './password-hasher';
import { assertStrongPassword } from './password-policy';
import { accountMail, originOf, userEvent } from './user-events';
import { toUser, type UserItem } from './user.item';
import { UsersRepository } from './users.repository';

/** Registration, login and changes of accounts. */
@Injectable()
export class AuthService {
  constructor(
    private readonly users: UsersRepository,
    private readonly hasher: PasswordHasher,
    private readonly attempts: PasswordAttempts,
    private readonly sessions: Sessions,
    private readonly mails: AccountMails,
  ) {}

  /** @throws {ProblemError} email_taken, username_taken, validation_failed, too_many_attempts */
  async register(req: Request, { username, email, password }: RegisterRequest): Promise<User> {
    assertStrongPassword(password, { username, email }, 'password');
    const ip = req.ip ?? '';
    const passwordHash = await this.attempts.limitRegistration(ip, () =>
      this.hasher.hash(password, { ip, isKnown: false }),
    );
    const created = await this.users.create({ username, email, passwordHash }, originOf(req), (event, address) =>
      this.mails.firstLink(event, address),
    );
    if ('taken' in created) throw new ProblemError(`${created.taken}_taken`);
    const { user, event } = created;
    try {
      await this.attempts.remember(guessOf(req, user.emailLower)); // the browser gets its cookie at a login
      await this.sessions.start(req, user);
    } catch (error) {
      await this.users.undo(user); // the client gets an error and will retry: leave no half-created account
      throw error;
    }
    await this.mails.announce(event);
    return toUser(user);
  }

  /**
   * Returns null for a wrong password and for an unknown account, in the same time.
   * @throws {ProblemError} too_many_attempts
   */
  async authenticate(req: Request, email: string, password: string): Promise<UserItem | null> {
    const guess = guessOf(req, email.toLowerCase());
    let user: UserItem | null = null;
    const isRight = await this.attempts.limit(guess, async (isKnown) => {
      user = await this.users.findByEmail(guess.account);
      return this.hasher.verify(user?.passwordHash ?? null, password, { ip: guess.ip, isKnown });
    });
    return isRight ? user : null;
  }

  /**
   * Starts a session for an account whose password was just verified. The session is created before the account is
   * checked again: a concurrent change of the password, or an admin who disables the account, either finds the session
   * and ends it, or fails this check. The browser is remembered last: a login that fails before is repeated, and must
   * then still count as a new device.
   * @throws {ProblemError} account_disabled, invalid_credentials
   */
  async login(req: Request, user: UserItem): Promise<User> {
    if (user.disabledAt) throw new ProblemError('account_disabled');
    const guess = guessOf(req, user.emailLower);
    const newDevice = (await this.attempts.isKnownBrowser(guess)) ? null : accountMail(user, req);
    const session = await this.sessions.start(req, user);
    const login = await this.users
      .recordLogin(user, { origin: originOf(req), newDevice })
      .catch(async (error: unknown) => {
        await this.discardSession(req, session);
        throw error;
      });
    if (!login) {
      await this.discardSession(req, session);
      throw new ProblemError('invalid_credentials');
    }
    await this.rememberBrowser(req, guess);
    await this.mails.announce(...login.events);
    return toUser(login.user);
  }

  /** @throws {ProblemError} unauthenticated when the account was deleted */
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

  /**
   * Ends every other session and rotates the cookie of this one.
   * @throws {ProblemError} wrong_password, validation_failed, too_many_attempts
   */
  async changePassword(
    req: Request,
    current: SessionUser,
    { currentPassword, newPassword }: ChangePasswordRequest,
  ): Promise<void> {
    const user = await this.find(current);
    assertStrongPassword(newPassword, user, 'newPassword');
    await this.confirmPassword(req, user, currentPassword);
    const passwordHash = await this.hasher.hash(newPassword, { ip: req.ip ?? '', isKnown: true });
    const event = userEvent(user.id, 'user.password_changed', accountMail(user, req));
    if (!(await this.users.setPassword(user, passwordHash, event))) throw new ProblemError('wrong_password');
    await this.sessions.endAll(user.id, current.sessionId);
    await this.sessions.rotate(req);
    await this.mails.announce(event);
  }

  /**
   * Verifies the password of the current user, under the same rate limit as a login.
   * @throws {ProblemError} wrong_password, too_many_attempts
   */
  async confirmPassword(req: Request, user: UserItem, password: string): Promise<void> {
    const guess = guessOf(req, user.emailLower);
    const isRight = await this.attempts.limit(guess, (isKnown) =>
      this.hasher.verify(user.passwordHash, password, { ip: guess.ip, isKnown }),
    );
    if (!isRight) throw new ProblemError('wrong_password');
    await this.rememberBrowser(req, guess);
  }

  private async rememberBrowser(req: Request, guess: Guess): Promise<void> {
    sendDevice(req, guess.account, await this.attempts.remember(guess));
  }

  private async discardSession(req: Request, session: SessionUser): Promise<void> {
    await this.sessions.end(session.id, session.sessionId);
    await this.sessions.forget(req);
  }
}

const guessOf = (req: Request, account: string): Guess => ({
  account,
  ip: req.ip ?? '',
  device: readDevice(req, account),
  userAgent: req.headers['user-agent'] ?? '',
});
