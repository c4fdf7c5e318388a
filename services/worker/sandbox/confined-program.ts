import { realpath } from 'node:fs/promises';
import { defaultLimits } from './limits';
import { findProgram } from './programs';
import { findConfinement } from './restraints/confinement';
import { findLimiter } from './toolbox';

/** Files in `input` can be read and deleted, files in `output` also be created and written. */
export interface ProgramFolders {
  input: string;
  output: string;
}

/**
 * Returns the command that runs a program with the restraints of the analysis process: no network, no privileges, no
 * files but those of `folders` and of the system, limits on CPU time, memory and output.
 * @throws when it is not installed
 */
export async function confinedProgram(name: string, folders: ProgramFolders): Promise<string[]> {
  const program = await realpath(await findProgram(name));
  const { wrap } = await findConfinement(folders.output);
  return [...(await findLimiter(defaultLimits)), ...wrap({ programs: [program], ...folders }), program];
}
