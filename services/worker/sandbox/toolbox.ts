import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openTempFolder } from '#platform';
import type { AnalysisLimits } from './limits';

const run = promisify(execFile);

/** Wrapper scripts that run programs inside limits, in a temporary folder. */
export interface Toolbox {
  folder: string;
  /** Without network where the system permits it; inherited by ffmpeg and ffprobe. */
  node: string;
  /** With limits on CPU time, memory and output; killed together with their parent. */
  ffmpeg: string;
  ffprobe: string;
  erase(): Promise<void>;
}

/**
 * Writes the scripts into a new folder in `parent`. Each ends in `exec`, so its pid is that of the program and SIGKILL
 * reaches it. They are files because fluent-ffmpeg and `fork` accept only the path of a program.
 * @throws when ffmpeg or ffprobe is not installed
 */
export async function makeToolbox(limits: AnalysisLimits, parent: string): Promise<Toolbox> {
  const [ffmpeg, ffprobe] = await Promise.all([findProgram('ffmpeg'), findProgram('ffprobe')]);
  const withoutNetwork = await findWorkingWrapper([
    ['unshare', '-n'],
    ['unshare', '-rn'],
  ]);
  const limited = [
    ...(await findWorkingWrapper([['setpriv', '--pdeathsig', 'KILL']])),
    ...(await findWorkingWrapper([resourceLimits(limits)])),
  ];
  const { dir: folder, erase } = await openTempFolder(parent, 'tools-');
  try {
    return {
      folder,
      node: await writeProgram(folder, 'node', [...withoutNetwork, process.execPath]),
      ffmpeg: await writeProgram(folder, 'ffmpeg', [...limited, ffmpeg]),
      ffprobe: await writeProgram(folder, 'ffprobe', [...limited, ffprobe]),
      erase,
    };
  } catch (error) {
    await erase(); // e.g. a full disk: retried with the next job
    throw error;
  }
}

function resourceLimits({ toolCpuSeconds, toolAddressSpaceBytes, toolOutputBytes }: AnalysisLimits): string[] {
  return [
    'prlimit',
    `--cpu=${toolCpuSeconds}`,
    `--as=${toolAddressSpaceBytes}`,
    `--fsize=${toolOutputBytes}`,
    '--core=0',
  ];
}

async function writeProgram(folder: string, name: string, command: string[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\nexec ${command.map(quote).join(' ')} "$@"\n`);
  await chmod(path, 0o700);
  return path;
}

/** Returns the first wrapper command that works here, else none: a container may forbid them, macOS has none. */
async function findWorkingWrapper(wrappers: string[][]): Promise<string[]> {
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

/** Returns the absolute path of a program on our PATH: the analysis process gets no environment. */
async function findProgram(name: string): Promise<string> {
  try {
    return (await run('/bin/sh', ['-c', 'command -v "$0"', name])).stdout.trim();
  } catch (error) {
    throw new Error(`${name} is not on the PATH: install ffmpeg (${(error as Error).message})`, {
      cause: error,
    });
  }
}

const quote = (argument: string) => `'${argument.replaceAll("'", String.raw`'\''`)}'`;
