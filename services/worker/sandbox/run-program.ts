import { spawn } from 'node:child_process';

const MAX_MESSAGE_LENGTH = 500;

/**
 * Runs a program without an environment until it ends, and kills it when `signal` aborts.
 * @param name for the message of an error
 * @param onData receives what it prints
 * @throws the reason of `signal`; an error with the end of its messages when it fails
 */
export function runProgram(
  name: string,
  [command = '', ...args]: string[],
  signal: AbortSignal,
  onData?: (chunk: Buffer) => void,
): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL', env: {} });
    let message = '';
    child.stdout.on('data', onData ?? (() => {}));
    child.stderr.on('data', (text: Buffer) => (message = `${message}${text.toString()}`.slice(0, MAX_MESSAGE_LENGTH)));
    child.on('error', (error) => reject(signal.aborted ? signal.reason : error));
    child.on('close', (code, killedBy) =>
      code === 0 ? resolve() : reject(new Error(`${name} ended with ${killedBy ?? code}: ${message}`)),
    );
  });
}
