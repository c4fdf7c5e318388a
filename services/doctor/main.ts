import { NestFactory } from '@nestjs/core';
import { loadConfig, OperatorError, textForOperator } from '#config';
import { DependencyUnavailableError, JobQueue, PlatformModule, queueNames } from '#platform';
import { Backup } from './backup';
import { BackupFolder } from './backup-folder';
import { Doctor } from './doctor';
import { DoctorModule } from './doctor.module';
import { runMove } from './move/command';
import { Rebuild } from './rebuild';
import { Restore } from './restore';

const USAGE = `Usage:
  npm run doctor                  compares table, storage and queue and reports problems; exit code 1 if there are any
  npm run doctor -- failures      shows the latest failed jobs with their payload, reason and stack
  npm run doctor -- rebuild       recreates the items of a lost media table from the about.json beside each original
  npm run backup -- <folder>      copies tables, files and the session secret into a new folder
  npm run restore -- <folder>     restores such a backup into an empty installation
  npm run move -- --from <file> --to <file>   copies an installation into another one`;

const MAX_LINES = 200;
/** Per queue. */
const MAX_FAILURES = 20;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
type Command = (get: <T>(type: new (...args: never[]) => T) => T) => Promise<boolean>;

const doctor: Command = async (get) => {
  let problems = 0;
  for await (const finding of get(Doctor).examine()) if ((problems += 1) <= MAX_LINES) print(finding);
  if (problems > MAX_LINES) print(`… and ${problems - MAX_LINES} more.`);
  print(
    problems === 0
      ? 'No problems found: table, storage and queue are consistent.'
      : `${problems} ${problems === 1 ? 'problem' : 'problems'} found.`,
  );
  return problems === 0;
};

const failures: Command = async (get) => {
  let shown = 0;
  for (const name of queueNames) {
    for (const { at, payload, reason, stack } of await get(JobQueue).failures(name, MAX_FAILURES)) {
      print(`${at.toISOString()} ${name} ${JSON.stringify(payload)}: ${reason}\n${stack}\n`);
      shown += 1;
    }
  }
  print(shown === 0 ? 'No failed jobs.' : `${shown} failed jobs. The owners of their media can retry them.`);
  return true;
};

const rebuild: Command = async (get) => {
  const { rebuilt, present, skipped, ownersWithoutAccount } = await get(Rebuild).run();
  for (const line of skipped.slice(0, MAX_LINES)) print(line);
  print(
    `${rebuilt} media were rebuilt and will be processed, ${present} existed already, ` +
      `${skipped.length} folders were skipped.`,
  );
  if (ownersWithoutAccount.size > 0)
    print(
      `${ownersWithoutAccount.size} of their owners have no account, so no one can access their media: the users ` +
        'table was lost and can only be restored from a backup (npm run restore).',
    );
  return skipped.length === 0 && ownersWithoutAccount.size === 0;
};

const backup =
  (folder: string): Command =>
  async (get) => {
    const { rows, objects, bytes } = await get(Backup).run(new BackupFolder(folder));
    print(
      `Backed up to ${folder}: ${formatCounts(rows)}, ${objects} files of ${bytes} bytes. ` +
        'It contains all data and secrets: keep it private.',
    );
    return true;
  };

const restore =
  (folder: string): Command =>
  async (get) => {
    const { rows, objects, finishedAt } = await get(Restore).run(new BackupFolder(folder));
    print(
      `Restored the backup of ${finishedAt}: ${formatCounts(rows)}, ${objects} files. ` +
        'All users must log in again; restart the product if it is running.',
    );
    return true;
  };

const formatCounts = (rows: Record<string, number>) =>
  Object.entries(rows)
    .map(([table, count]) => `${count} rows of ${table}`)
    .join(', ');

function parseCommand([command, argument, ...rest]: string[]): Command {
  if (rest.length > 0) throw new OperatorError(USAGE);
  if (command === 'doctor' && argument === undefined) return doctor;
  if (command === 'doctor' && argument === 'failures') return failures;
  if (command === 'doctor' && argument === 'rebuild') return rebuild;
  if (command === 'backup' && argument) return backup(argument);
  if (command === 'restore' && argument) return restore(argument);
  throw new OperatorError(USAGE);
}

/** Returns whether the command succeeded without findings. */
async function main(args: string[]): Promise<boolean> {
  if (args[0] === 'move') return runMove(args.slice(1), print);
  const run = parseCommand(args);
  const root = { module: DoctorModule, imports: [PlatformModule.forRoot(loadConfig())] };
  const app = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
  try {
    return await run((type) => app.get(type));
  } finally {
    await app.close();
  }
}

function errorMessage(error: unknown): string {
  if (error instanceof DependencyUnavailableError) return `Aborted: ${error.message}`;
  return error instanceof Error ? textForOperator(error) : String(error);
}

main(process.argv.slice(2)).then(
  (isOk) => (process.exitCode = isOk ? 0 : 1),
  (error: unknown) => {
    process.stderr.write(`${errorMessage(error)}\n`);
    process.exitCode = 1;
  },
);
