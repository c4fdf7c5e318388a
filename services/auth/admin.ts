import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { OperatorError, loadConfig } from '#config';
import { ApiKeys, AuditLog, ProblemError, Sessions, type Act } from '#nest';
import { connectRedis, Dynamo, JobQueue, requireRedisUrl } from '#platform';
import { AccountChanges } from './admin/account-changes';
import { AdminRoster } from './admin/admin-roster';
import { UserDirectory } from './admin/user-directory';
import { ErasureService } from './erasure.service';
import { owaspOptions, PasswordHasher } from './password-hasher';
import { assertStrongPassword } from './password-policy';
import { Reservations } from './reservations';
import { accountMail, userEvent } from './user-events';
import type { UserItem } from './user.item';
import { UsersRepository } from './users.repository';

const USAGE = `Usage:
  npm run admin -- grant <email>                     makes an account an admin
  npm run admin -- revoke <email>                    makes an admin a user again
  npm run admin -- reset-password <email>            sets a new random password and prints it once
  npm run admin -- reset-password <email> --stdin    sets the password that is read from standard input`;

/** What the commands use of the product; `perform` writes each act to the audit log. */
interface Tools {
  users: UsersRepository;
  changes: AccountChanges;
  sessions: Sessions;
  perform<T>(act: Pick<Act, 'action' | 'details'>, user: UserItem, run: () => Promise<T>): Promise<T>;
}

async function main([command, email, option]: string[]): Promise<void> {
  const isReset = command === 'reset-password' && (option === undefined || option === '--stdin');
  const isRole = (command === 'grant' || command === 'revoke') && option === undefined;
  if (!email || !(isReset || isRole)) throw new OperatorError(USAGE);
  const given = option === '--stdin' ? (await text(process.stdin)).replace(/\r?\n$/, '') : null;
  await withTools(async (tools) => {
    const user = await tools.users.findByEmail(email);
    if (!user) throw new OperatorError(`There is no account with the e-mail ${email}.`);
    if (isReset) return resetPassword(tools, user, given);
    return changeRole(tools, user, command === 'grant' ? 'admin' : 'user');
  });
}

async function resetPassword({ users, sessions, perform }: Tools, user: UserItem, given: string | null): Promise<void> {
  const password = given ?? randomBytes(15).toString('base64url');
  if ([...password].length < 8 || [...password].length > 128)
    throw new OperatorError('The password must have 8 to 128 characters.');
  assertStrongPassword(password, user, 'password');
  const passwordHash = await new PasswordHasher(owaspOptions).hash(password, { ip: '', isKnown: true });
  await perform({ action: 'user.password' }, user, async () => {
    const event = userEvent(user.id, 'user.password_changed', accountMail(user));
    if (!(await users.setPassword(user, passwordHash, event)))
      throw new OperatorError('The account was changed at the same moment. Try again.');
    await sessions.endAll(user.id);
  });
  process.stdout.write(
    given === null ? `New password of ${user.email}: ${password}\n` : `The password of ${user.email} was changed.\n`,
  );
}

async function changeRole({ changes, perform }: Tools, user: UserItem, role: UserItem['role']): Promise<void> {
  await perform({ action: 'user.role', details: { from: user.role, to: role } }, user, () =>
    changes.setRole(user, role),
  );
  process.stdout.write(`${user.email} is ${role === 'admin' ? 'an admin' : 'a user'} now.\n`);
}

async function withTools(run: (tools: Tools) => Promise<void>): Promise<void> {
  const config = loadConfig();
  const redis = connectRedis(requireRedisUrl(config), 'waiting');
  redis.options.commandTimeout = 5_000;
  const dynamo = Dynamo.connect(config);
  const queue = new JobQueue(requireRedisUrl(config), config.tablePrefix);
  const roster = new AdminRoster(dynamo, config);
  const users = new UsersRepository(dynamo, new Reservations(dynamo), roster, new UserDirectory(dynamo));
  const sessions = new Sessions(redis, config.tablePrefix);
  const apiKeys = new ApiKeys(dynamo, redis, config.tablePrefix);
  const erasure = new ErasureService(dynamo, queue, users, sessions, apiKeys);
  const changes = new AccountChanges(users, roster, sessions, apiKeys, erasure);
  const audit = new AuditLog(dynamo);
  const operator = { id: null, username: 'operator', from: 'command line' };
  try {
    await run({
      users,
      changes,
      sessions,
      perform: (act, user, work) =>
        audit.perform(operator, { ...act, target: { kind: 'user', id: user.id, name: user.username } }, work),
    });
  } finally {
    await queue.close();
    redis.disconnect();
    dynamo.close();
  }
}

function errorMessage(error: unknown): string {
  if (error instanceof OperatorError) return error.message;
  if (error instanceof ProblemError) return error.toBody().errors?.[0]?.message ?? error.toBody().detail;
  return `Nothing was changed: ${error instanceof Error ? error.message : String(error)}`;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
});
