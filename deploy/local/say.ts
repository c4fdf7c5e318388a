// The file itself: the whole of #platform takes longer to load than the supervisor.
import { logOutput } from '../../libs/platform/log-output';

const output = logOutput(process.stdout.fd, (dropped) => `${dropped} lines could not be written here`);

/**
 * One line for the person at the terminal, dropped when the terminal is closed or its file is full. What the services log
 * goes to files.
 */
export const say = (line: string): void => output.write(`${line}\n`);
