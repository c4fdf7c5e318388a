import type { Request } from 'express';
import type { UserEvent } from '#contracts';
import type { Sessions } from '#nest';
import { DependencyUnavailableError } from '#platform';
import type { AccountMails } from './email/account-mails';
import type { PasswordAttempts } from './password-attempts';
import type { PasswordHasher } from './password-hasher';
import type { UserItem } from './user.item';
import type { UsersRepository } from './users.repository';

export const PASSWORD = 'a good sentence';
export const NEW_PASSWORD = 'another good sentence';
export const hashOf = (password: string) => `hash of ${password}`;

export const user = {
  id: 'u',
  username: 'Ann',
  email: 'Ann@example.org',
  emailLower: 'ann@example.org',
  role: 'user',
  passwordHash: hashOf(PASSWORD),
  createdAt: '2026-01-01T00:00:00.000Z',
} as UserItem;
export const session = { id: 'u', sessionId: 's', role: 'user' } as const;
export const req = { ip: '192.0.2.1', headers: {}, get: () => undefined } as unknown as Request;
export const unavailable = new DependencyUnavailableError('redis', new Error('hangs'));
export const reject = (error: Error) => async () => Promise.reject(error);

/** The ports of the service; `steps` are the calls that change something. */
export class FakePorts {
  readonly steps: string[] = [];
  stored: UserItem | null = user;

  readonly users: Pick<
    UsersRepository,
    'create' | 'undo' | 'find' | 'findByEmail' | 'recordLogin' | 'rename' | 'setPassword'
  > = {
    create: async ({ passwordHash }) => {
      this.steps.push(`create with ${passwordHash}`);
      return { user, event: { type: 'user.registered' } as UserEvent };
    },
    undo: async () => void this.steps.push('undo'),
    find: async () => this.stored,
    findByEmail: async (email) => (email === user.emailLower ? this.stored : null),
    recordLogin: async () => {
      this.steps.push('record login');
      return { user, events: [{ type: 'user.logged_in' } as UserEvent] };
    },
    rename: async (item, username) => ({ ...item, username }),
    setPassword: async (_item, passwordHash) => this.steps.push(`set ${passwordHash}`) > 0,
  };
  readonly hasher: Pick<PasswordHasher, 'hash' | 'verify'> = {
    hash: async (password) => hashOf(password),
    verify: async (passwordHash, password) => {
      this.steps.push(`verify against ${passwordHash}`);
      return passwordHash === hashOf(password);
    },
  };
  readonly attempts: Pick<PasswordAttempts, 'limit' | 'limitRegistration' | 'remember' | 'isKnownBrowser'> = {
    limit: async ({ account }, verify) => {
      this.steps.push(`limit ${account}`);
      return verify(false);
    },
    limitRegistration: async (_ip, register) => {
      this.steps.push('count');
      return register();
    },
    isKnownBrowser: async () => true,
    remember: async ({ account }) => {
      this.steps.push(`remember ${account}`);
      return 'device';
    },
  };
  readonly sessions: Pick<Sessions, 'start' | 'end' | 'forget' | 'endAll' | 'rotate'> = {
    start: async () => {
      this.steps.push('start');
      return session;
    },
    end: async (_userId, sessionId) => this.steps.push(`end ${sessionId}`) > 0,
    forget: async () => void this.steps.push('forget'),
    endAll: async (_userId, exceptId) => void this.steps.push(`end all but ${exceptId}`),
    rotate: async () => void this.steps.push('rotate'),
  };
  readonly mails: Pick<AccountMails, 'announce'> = {
    announce: async (...events) => void this.steps.push(...events.map(({ type }) => `announce ${type}`)),
  };
}
