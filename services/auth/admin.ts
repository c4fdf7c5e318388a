import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { OperatorError, loadConfig } from '#config';
import { ProblemError, Sessions } from '#nest';
import { connectRedis, Dynamo, requireRedisUrl } from '#platform';
import { owaspOptions, PasswordHasher } from './password-hasher';
import { assertStrongPassword } from './password-policy';
import { Reservations } from './reservations';
import { UsersRepository } from './users.repository';

const USAGE = `Usage:
  npm run admin -- reset-password <email>            sets a new random password and prints it once
  npm run admin -- reset-password <email> --stdin    sets the password that is read from standard input`;

/** An operator's mistake: the message is printed without a stack. */

async function main([command, email, option]: string[]): Promise<void> {
  const isKnown = command === 'reset-password' && email && (option === undefined || option === '--stdin');
  if (!isKnown) throw new OperatorError(USAGE);
  const given = option === '--stdin' ? (await text(process.stdin)).replace(/\r?\n$/, '') : null;
  await resetPassword(email, given);
}

async function resetPassword(email: string, given: string | null): Promise<void> {
  const config = loadConfig();
  const redis = connectRedis(requireRedisUrl(config), 'waiting');
  redis.options.commandTimeout = 5_000;
  const dynamo = Dynamo.connect(config);
  try {
    const users = new UsersRepository(dynamo, new Reservations(dynamo));
    const user = await users.findByEmail(email);
    if (!user) throw new OperatorError(`There is no account with the e-mail ${email}.`);
    const password = given ?? randomBytes(15).toString('base64url');
    if ([...password].length < 8 || [...password].length > 128)
      throw new OperatorError('The password must have 8 to 128 characters.');
    assertStrongPassword(password, user, 'password');
    if (
      !(await users.setPassword(user, await new PasswordHasher(owaspOptions).hash(password, { ip: '', isKnown: true })))
    )
      throw new OperatorError('The account was changed at the same moment. Try again.');
    await new Sessions(redis, config.tablePrefix).endAll(user.id);
    process.stdout.write(
      given === null ? `New password of ${user.email}: ${password}\n` : `The password of ${user.email} was changed.\n`,
    );
  } finally {
    redis.disconnect();
    dynamo.close();
  }
}

function errorMessage(error: unknown): string {
  if (error instanceof OperatorError) return error.message;
  if (error instanceof ProblemError) return error.toBody().errors?.[0]?.message ?? error.toBody().detail;
  return `The password was not reset: ${error instanceof Error ? error.message : String(error)}`;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
});
