// Not from #platform, which takes longer to load than the supervisor.
import { logOutput } from '../../libs/platform/log-output';

const output = logOutput(process.stdout.fd, (dropped) => `${dropped} lines could not be written here`);

/**
 * Prints a line to the terminal. It is dropped when the terminal is closed or the disk of its file is full. The
 * services log to files.
 */
export const say = (line: string): void => output.write(`${line}\n`);
