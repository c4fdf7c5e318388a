import { parseArgs } from 'node:util';
import { loadSettingsFile, OperatorError, writeSessionSecret } from '#config';
import { MoveMarker } from './marker';
import { Move, type MoveReport } from './move';
import { assertStopped, connectSide, connectSource, secretOf, type Side } from './side';

const MAX_LINES = 200;
const USAGE = `Usage: npm run move -- --from <file> --to <file> [--dry-run | --while-running]
  <file>            the environment file of an installation: DATA_DIR, TABLE_PREFIX, S3_BUCKET, …
  --dry-run         reports what would be copied
  --while-running   copies while the product runs on the source; a later run without it copies the rest and finishes`;

type Print = (line: string) => void;
interface Options {
  from: string;
  to: string;
  isDryRun: boolean;
  isWhileRunning: boolean;
}

/**
 * `npm run move`: copies an installation into another one, and verifies every item.
 * @returns whether the step is complete: the move itself, or what a flag asks for
 * @throws {OperatorError}
 */
export async function runMove(args: string[], print: Print): Promise<boolean> {
  const options = parseOptions(args);
  const [from, to] = [loadSettingsFile(options.from, 'FROM_'), loadSettingsFile(options.to, 'TO_')];
  if (!options.isDryRun) assertStopped(to, 'stop it, and start it when the move is complete.');
  if (!options.isDryRun && !options.isWhileRunning)
    assertStopped(from, 'stop it, or copy with --while-running first and stop it for the rest.');
  const source = await connectSource(from);
  try {
    const target = await connectSide(to);
    return await moveBetween(source, target, options, print).finally(() => target.dynamo.close());
  } finally {
    source.dynamo.close();
  }
}

async function moveBetween(source: Side, target: Side, options: Options, print: Print): Promise<boolean> {
  const { isDryRun, isWhileRunning } = options;
  const marker = new MoveMarker(source, target);
  await marker.assertMayMove();
  if (!isDryRun) await marker.set();
  const move = new Move(source, target);
  const report = await move.run({ isDryRun });
  print(`${isDryRun ? 'Would copy' : 'Copied'}: ${describeReport(report)}.`);
  if (isDryRun) return true;
  if (isWhileRunning) {
    print('Now stop the product on the source, and run the command without --while-running to finish the move.');
    return true;
  }
  const isComplete = await verify(move, print);
  if (!isComplete) return false;
  moveSecret(source, target, print);
  await marker.remove();
  print('The move is complete: all items are equal. Start the product on the target; all users must log in again.');
  return true;
}

/** Prints the differences. Those that the source had before do not prevent the end of the move. */
async function verify(move: Move, print: Print): Promise<boolean> {
  const counts = { inMove: 0, inSource: 0 };
  for await (const { text, isOfSource } of move.differences()) {
    counts[isOfSource ? 'inSource' : 'inMove'] += 1;
    if (counts.inMove + counts.inSource <= MAX_LINES) print(text);
  }
  if (counts.inSource > 0)
    print(`Missing or damaged before the move: ${counts.inSource}. Restore these files from a backup.`);
  if (counts.inMove > 0)
    print(
      `The move is not complete. Items that differ: ${counts.inMove}. ` +
        'Check that no process of the product runs on either side, and run the command again.',
    );
  return counts.inMove === 0;
}

/** The secret signs the links in mails that were sent before. */
function moveSecret(source: Side, target: Side, print: Print): void {
  const secret = secretOf(source);
  if (secret && target.config.mode === 'local') writeSessionSecret(target.config.dataDir, secret);
  if (secret === null || secretOf(target) !== secret)
    print('Set SESSION_SECRET of the target to that of the source: it signs the links in mails that were sent.');
}

const describeReport = (report: MoveReport) =>
  `${report.copiedObjects} of ${report.objects} files (${report.copiedBytes} bytes), ${report.rows} rows` +
  (report.deletedFolders > 0 ? `; deleted ${report.deletedFolders} folders that the source no longer has` : '');

function parseOptions(args: string[]): Options {
  try {
    const flag = { type: 'boolean', default: false } as const;
    const name = { type: 'string' } as const;
    const { values } = parseArgs({ args, options: { from: name, to: name, 'dry-run': flag, 'while-running': flag } });
    if (!values.from || !values.to || (values['dry-run'] && values['while-running'])) throw new OperatorError(USAGE);
    const { from, to } = values;
    return { from, to, isDryRun: values['dry-run'], isWhileRunning: values['while-running'] };
  } catch {
    throw new OperatorError(USAGE);
  }
}
