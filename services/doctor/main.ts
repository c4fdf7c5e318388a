import { NestFactory } from '@nestjs/core';
import { ConfigError, loadConfig } from '#config';
import { DependencyUnavailableError, JobQueue, PlatformModule, queueNames } from '#platform';
import { Backup } from './backup';
import { BackupFolder } from './backup-folder';
import { Doctor } from './doctor';
import { DoctorModule } from './doctor.module';
import { OperatorError } from './operator-error';
import { Rebuild } from './rebuild';
import { Restore } from './restore';

const USAGE = `Usage:
  npm run doctor                  compares table, storage and queue, and says what is wrong; exit code 1 when something is
  npm run doctor -- failures      shows the latest jobs that were given up, with what they were about and what broke them
  npm run doctor -- rebuild       makes items of a lost media table again, from what lies beside each original
  npm run backup -- <folder>      copies tables, files and the session secret into a new folder
  npm run restore -- <folder>     puts such a copy into an empty installation`;

const MAX_LINES = 200;
/** Of each queue. */
const MAX_FAILURES = 20;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
type Tool = (get: <T>(type: new (...args: never[]) => T) => T) => Promise<boolean>;

const doctor: Tool = async (get) => {
  let wrong = 0;
  for await (const finding of get(Doctor).examine()) if ((wrong += 1) <= MAX_LINES) say(finding);
  if (wrong > MAX_LINES) say(`… and ${wrong - MAX_LINES} more.`);
  say(
    wrong === 0
      ? 'All is well: table, storage and queue say the same.'
      : `${wrong} ${wrong === 1 ? 'thing is' : 'things are'} wrong.`,
  );
  return wrong === 0;
};

const failures: Tool = async (get) => {
  let shown = 0;
  for (const name of queueNames) {
    for (const { at, payload, reason, stack } of await get(JobQueue).failures(name, MAX_FAILURES)) {
      say(`${at.toISOString()} ${name} ${JSON.stringify(payload)}: ${reason}\n${stack}\n`);
      shown += 1;
    }
  }
  say(
    shown === 0
      ? 'No job was given up.'
      : `${shown} jobs were given up. Their media can be tried again by their owners.`,
  );
  return true;
};

const rebuild: Tool = async (get) => {
  const { made, present, left, strangers } = await get(Rebuild).run();
  for (const line of left.slice(0, MAX_LINES)) say(line);
  say(
    `${made} media were made again and will be processed, ${present} were there, ${left.length} folders are left as they are.`,
  );
  if (strangers.size > 0)
    say(
      `${strangers.size} of their owners have no account, so nobody can see what is theirs: the users table was lost, and can only come from a backup (npm run restore).`,
    );
  return left.length === 0 && strangers.size === 0;
};

const backup =
  (folder: string): Tool =>
  async (get) => {
    const { rows, objects, bytes } = await get(Backup).run(new BackupFolder(folder));
    say(
      `Backed up to ${folder}: ${describe(rows)}, ${objects} files of ${bytes} bytes. It holds everything: keep it where nobody else can read it.`,
    );
    return true;
  };

const restore =
  (folder: string): Tool =>
  async (get) => {
    const { rows, objects, finishedAt } = await get(Restore).run(new BackupFolder(folder));
    say(
      `Restored the backup of ${finishedAt}: ${describe(rows)}, ${objects} files. Everybody logs in again; a product that runs has to be started again.`,
    );
    return true;
  };

const describe = (rows: Record<string, number>) =>
  Object.entries(rows)
    .map(([table, count]) => `${count} rows of ${table}`)
    .join(', ');

function toolFor([command, argument, ...rest]: string[]): Tool {
  if (rest.length > 0) throw new OperatorError(USAGE);
  if (command === 'doctor' && argument === undefined) return doctor;
  if (command === 'doctor' && argument === 'failures') return failures;
  if (command === 'doctor' && argument === 'rebuild') return rebuild;
  if (command === 'backup' && argument) return backup(argument);
  if (command === 'restore' && argument) return restore(argument);
  throw new OperatorError(USAGE);
}

/** @returns whether all is well. */
async function main(args: string[]): Promise<boolean> {
  const tool = toolFor(args);
  const root = { module: DoctorModule, imports: [PlatformModule.forRoot(loadConfig())] };
  const app = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
  try {
    return await tool((type) => app.get(type));
  } finally {
    await app.close();
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof OperatorError || error instanceof ConfigError) return error.message;
  if (error instanceof DependencyUnavailableError) return `It can not go on: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

main(process.argv.slice(2)).then(
  (isWell) => (process.exitCode = isWell ? 0 : 1),
  (error: unknown) => {
    process.stderr.write(`${sentenceOf(error)}\n`);
    process.exitCode = 1;
  },
);
