import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openTempFolder } from '#platform';
import type { AnalysisLimits } from './limits';

const run = promisify(execFile);

/** Programs that run their namesakes inside limits, in a folder of their own. */
export interface Toolbox {
  folder: string;
  /** Without a network, where the system allows it: ffmpeg and ffprobe, started from it, have none either. */
  node: string;
  /** With limits on CPU time, memory and output; they die with whoever started them. */
  ffmpeg: string;
  ffprobe: string;
  erase(): Promise<void>;
}

/**
 * Each program ends in `exec`, so the pid that is started is the real one and SIGKILL reaches it. They are files because
 * fluent-ffmpeg and `fork` take the path of a program and nothing more. Their folder lies in `parent`.
 * @throws when ffmpeg or ffprobe is not installed.
 */
export async function makeToolbox(limits: AnalysisLimits, parent: string): Promise<Toolbox> {
  const [ffmpeg, ffprobe] = await Promise.all([findProgram('ffmpeg'), findProgram('ffprobe')]);
  const noNetwork = await findWorkingWrapper([
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
      node: await writeProgram(folder, 'node', [...noNetwork, process.execPath]),
      ffmpeg: await writeProgram(folder, 'ffmpeg', [...limited, ffmpeg]),
      ffprobe: await writeProgram(folder, 'ffprobe', [...limited, ffprobe]),
      erase,
    };
  } catch (error) {
    await erase(); // a full disk: made anew when there is room
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

/** The first of these restraints that this system knows and permits; nothing if none: a container may forbid, macOS has none. */
async function findWorkingWrapper(restraints: string[][]): Promise<string[]> {
  for (const [name = '', ...options] of restraints) {
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

/** The absolute path, as the operator's PATH finds it: the analysing process gets no environment. */
async function findProgram(name: string): Promise<string> {
  try {
    return (await run('/bin/sh', ['-c', 'command -v "$0"', name])).stdout.trim();
  } catch (error) {
    throw new Error(`Expected ${name} on the PATH, but it is not there. Install ffmpeg (${(error as Error).message})`, {
      cause: error,
    });
  }
}

const quote = (word: string) => `'${word.replaceAll("'", String.raw`'\''`)}'`;
