import { ProblemError, type Sessions } from '#nest';
import { AuthService } from './auth.service';
import {
  FakePorts,
  hashOf,
  NEW_PASSWORD,
  PASSWORD,
  reject,
  req,
  session,
  unavailable,
  user,
} from './auth.service.testing';
import type { AccountMails } from './email/account-mails';
import type { PasswordAttempts } from './password-attempts';
import type { PasswordHasher } from './password-hasher';
import type { UsersRepository } from './users.repository';

const publicUser = { id: 'u', username: 'Ann', email: 'Ann@example.org', role: 'user', createdAt: user.createdAt };

describe('AuthService', () => {
  let ports: FakePorts;
  let auth: AuthService;
  beforeEach(() => {
    ports = new FakePorts();
    auth = new AuthService(
      ports.users as UsersRepository,
      ports.hasher as PasswordHasher,
      ports.attempts as unknown as PasswordAttempts,
      ports.sessions as Sessions,
      ports.mails as AccountMails,
    );
  });

  const register = (password = PASSWORD) =>
    auth.register(req, { username: user.username, email: user.email, password });
  const change = (currentPassword: string, newPassword: string) =>
    auth.changePassword(req, session, { currentPassword, newPassword });

  describe('register', () => {
    it('creates the account and its session before it is announced, and returns the public fields', async () => {
      expect(await register()).toEqual(publicUser);
      const created = ['count', `create with ${hashOf(PASSWORD)}`, 'remember ann@example.org', 'start'];
      expect(ports.steps).toEqual([...created, 'announce user.registered']);
    });

    it('rejects a weak password before anything is counted', async () => {
      await expect(register('Ann')).rejects.toMatchObject({ code: 'validation_failed' });
      expect(ports.steps).toEqual([]);
    });

    it('creates nothing above the limit of registrations', async () => {
      ports.attempts.limitRegistration = reject(new ProblemError('too_many_attempts'));
      await expect(register()).rejects.toMatchObject({ code: 'too_many_attempts' });
      expect(ports.steps).toEqual([]);
    });

    it.each(['email', 'username'] as const)('starts no session when the %s is taken', async (taken) => {
      ports.users.create = async () => ({ taken });
      await expect(register()).rejects.toMatchObject({ code: `${taken}_taken` });
      expect(ports.steps).toEqual(['count']);
    });

    it.each(['remember', 'start'] as const)(
      'removes the account when %s fails, and announces nothing',
      async (step) => {
        Object.assign(step === 'start' ? ports.sessions : ports.attempts, { [step]: reject(unavailable) });
        await expect(register()).rejects.toBe(unavailable);
        expect(ports.steps.at(-1)).toBe('undo');
      },
    );
  });

  describe('authenticate', () => {
    it('returns the user for the right password only, under the limit of the e-mail in lower case', async () => {
      expect(await auth.authenticate(req, 'ANN@example.org', PASSWORD)).toBe(user);
      expect(await auth.authenticate(req, 'ANN@example.org', 'wrong')).toBeNull();
      expect(ports.steps.filter((step) => step.startsWith('limit'))).toEqual(Array(2).fill('limit ann@example.org'));
    });

    it('verifies a hash for an unknown account as well, so that it takes the same time', async () => {
      expect(await auth.authenticate(req, 'bob@example.org', PASSWORD)).toBeNull();
      expect(ports.steps).toEqual(['limit bob@example.org', 'verify against null']);
    });

    it('reads no account above the limit', async () => {
      ports.attempts.limit = reject(new ProblemError('too_many_attempts'));
      ports.users.findByEmail = reject(new Error('Expected no read'));
      await expect(auth.authenticate(req, user.email, PASSWORD)).rejects.toMatchObject({ code: 'too_many_attempts' });
    });
  });

  describe('login', () => {
    it('starts the session before it checks the account again, then announces', async () => {
      expect(await auth.login(req, user)).toEqual(publicUser);
      const recorded = ['start', 'record login', 'remember ann@example.org'];
      expect(ports.steps).toEqual([...recorded, 'announce user.logged_in']);
    });

    it('ends the session when the password was changed or the account deleted meanwhile', async () => {
      ports.users.recordLogin = async () => null;
      await expect(auth.login(req, user)).rejects.toMatchObject({ code: 'invalid_credentials' });
      expect(ports.steps).toEqual(['start', 'end s', 'forget']);
    });

    it('ends the session when the table is unavailable', async () => {
      ports.users.recordLogin = reject(unavailable);
      await expect(auth.login(req, user)).rejects.toBe(unavailable);
      expect(ports.steps).toEqual(['start', 'end s', 'forget']);
    });
  });

  describe('rename', () => {
    it('returns the user with the new name, and rejects a taken one', async () => {
      expect(await auth.rename(session, 'Bea')).toEqual({ ...publicUser, username: 'Bea' });
      ports.users.rename = async () => 'taken';
      await expect(auth.rename(session, 'Bea')).rejects.toMatchObject({ code: 'username_taken' });
    });

    it('succeeds when a concurrent change of the user set the same name, and conflicts with another', async () => {
      ports.users.rename = async () => {
        ports.stored = { ...user, username: 'Bea' };
        return 'changed';
      };
      expect(await auth.rename(session, 'Bea')).toMatchObject({ username: 'Bea' });
      await expect(auth.rename(session, 'Cleo')).rejects.toMatchObject({ code: 'conflict' });
    });

    it('rejects a deleted account', async () => {
      ports.stored = null;
      await expect(auth.rename(session, 'Bea')).rejects.toMatchObject({ code: 'unauthenticated' });
    });
  });

  describe('changePassword', () => {
    const verified = ['limit ann@example.org', `verify against ${hashOf(PASSWORD)}`];

    it('sets the password, then ends every other session, then rotates the cookie', async () => {
      await change(PASSWORD, NEW_PASSWORD);
      const changed = ['remember ann@example.org', `set ${hashOf(NEW_PASSWORD)}`, 'end all but s', 'rotate'];
      expect(ports.steps).toEqual([...verified, ...changed, 'announce user.password_changed']);
    });

    it('changes nothing for a wrong password, and counts it', async () => {
      await expect(change('wrong', NEW_PASSWORD)).rejects.toMatchObject({ code: 'wrong_password' });
      expect(ports.steps).toEqual(verified);
    });

    it('rejects a weak new password before the current one is verified', async () => {
      await expect(change('wrong', user.email)).rejects.toMatchObject({ code: 'validation_failed' });
      expect(ports.steps).toEqual([]);
    });

    it('ends no session when a concurrent change was faster', async () => {
      ports.users.setPassword = async () => false;
      await expect(change(PASSWORD, NEW_PASSWORD)).rejects.toMatchObject({ code: 'wrong_password' });
      expect(ports.steps).toEqual([...verified, 'remember ann@example.org']);
    });
  });
});
