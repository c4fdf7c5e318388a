import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Returns the first wrapper command that works here, with the absolute path of its program, else none: a container may
 * forbid them, macOS has none.
 */
export async function findWorkingWrapper(wrappers: string[][]): Promise<string[]> {
  for (const [name = '', ...options] of wrappers) {
    try {
      const command = [await findProgram(name), ...options];
      await run(command[0]!, [...options, await findProgram('true')]);
      return command;
    } catch {
      continue;
    }
  }
  return [];
}

/**
 * Returns the absolute path of a program on our PATH: the analysis process gets no environment.
 * @throws when it is not installed
 */
export async function findProgram(name: string): Promise<string> {
  try {
    return (await run('/bin/sh', ['-c', 'command -v "$0"', name])).stdout.trim();
  } catch (error) {
    throw new Error(`${name} is not on the PATH: install ffmpeg (${(error as Error).message})`, {
      cause: error,
    });
  }
}
