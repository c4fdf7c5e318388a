/** One line for the person at the terminal. What the services log goes to files. */
export const say = (line: string): void => void process.stdout.write(`${line}\n`);
