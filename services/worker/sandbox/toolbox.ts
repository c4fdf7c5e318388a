import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openTempFolder } from '#platform';
import type { AnalysisLimits } from './limits';
import { findProgram, findWorkingWrapper } from './programs';
import { findConfinement } from './restraints/confinement';

/** Wrapper scripts that run programs inside limits, and the folders of the job, in a temporary folder. */
export interface Toolbox {
  /** Node with the restraints that the system permits; ffmpeg and ffprobe inherit them. */
  node: string;
  /** With limits on CPU time, memory and output; killed together with their parent. */
  ffmpeg: string;
  ffprobe: string;
  /** Where the files of a job are while it runs: only these can be read, and only those in `output` be written. */
  input: string;
  output: string;
  erase(): Promise<void>;
}

/**
 * Writes the scripts into a new folder in `parent`. Each ends in `exec`, so its pid is that of the program and SIGKILL
 * reaches it. They are files because fluent-ffmpeg and `fork` accept only the path of a program.
 * @param readable folders that Node may read besides
 * @throws when ffmpeg or ffprobe is not installed
 */
export async function makeToolbox(
  limits: AnalysisLimits,
  parent: string,
  readable: readonly string[] = [],
): Promise<Toolbox> {
  const [ffmpeg, ffprobe] = await Promise.all([findProgram('ffmpeg'), findProgram('ffprobe')]);
  const { wrap } = await findConfinement(parent);
  const limited = await findLimiter(limits);
  const { dir, erase } = await openTempFolder(parent, 'tools-');
  try {
    const [input, output] = [join(dir, 'input'), join(dir, 'output')];
    await mkdir(input);
    await mkdir(output);
    const tools = [
      await writeProgram(dir, 'ffmpeg', [...limited, ffmpeg]),
      await writeProgram(dir, 'ffprobe', [...limited, ffprobe]),
    ] as const;
    const restrained = wrap({ programs: [...tools, ...readable], input, output });
    const node = await writeProgram(dir, 'node', [...restrained, process.execPath]);
    return { node, ffmpeg: tools[0], ffprobe: tools[1], input, output, erase };
  } catch (error) {
    await erase(); // e.g. a full disk: retried with the next job
    throw error;
  }
}

/** Returns the command in front of a command that limits it, and kills it together with its parent; may be empty. */
export async function findLimiter(limits: AnalysisLimits): Promise<string[]> {
  return [
    ...(await findWorkingWrapper([['setpriv', '--pdeathsig', 'KILL']])),
    ...(await findWorkingWrapper([resourceLimits(limits)])),
  ];
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

const quote = (argument: string) => `'${argument.replaceAll("'", String.raw`'\''`)}'`;
