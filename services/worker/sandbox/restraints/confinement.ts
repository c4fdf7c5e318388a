import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { openTempFolder } from '#platform';
import { childModule, sandboxFolder } from '../child-module';
import { findProgram, findWorkingWrapper } from '../programs';

const run = promisify(execFile);
const PROBE_TIMEOUT_MS = 20_000;

/** What the analysis process may use besides the system. */
export interface Allowed {
  programs: readonly string[];
  /** Folders of the job. Files in `input` can be read and deleted, files in `output` also be created and written. */
  input: string;
  output: string;
}

/** Whether each restraint holds. */
const restraintsSchema = z.object({
  /** No connection of any kind. */
  network: z.boolean(),
  /** No capabilities, and none to gain. */
  privileges: z.boolean(),
  /** No file but those of the system and the job; no environment or memory of other processes. */
  files: z.boolean(),
});
export type Restraints = z.infer<typeof restraintsSchema>;

export interface Confinement {
  /** Returns the command in front of a command that runs it restrained; may be empty. */
  wrap: (allowed: Allowed) => string[];
  /** As verified from inside. */
  restraints: Restraints;
}

/** Once per process: the verification starts a Node. */
let found: Promise<Confinement> | null = null;

/**
 * Returns the strongest restraints under which an analysis can work on this machine.
 * @param workDir folder for the files of the verification
 * @throws when an analysis cannot work at all, e.g. because ffmpeg is not installed; the next call tries again
 */
export function findConfinement(workDir: string): Promise<Confinement> {
  found ??= verifyCandidates(workDir).catch((error: unknown) => {
    found = null;
    throw error;
  });
  return found;
}

async function verifyCandidates(workDir: string): Promise<Confinement> {
  let failure: unknown;
  for (const wrap of await candidates()) {
    try {
      return { wrap, restraints: await verify(wrap, workDir) };
    } catch (error) {
      failure ??= error; // e.g. a library is where the rules for files do not permit it
    }
  }
  throw failure;
}

/** Strongest first, none at the end. */
async function candidates(): Promise<Confinement['wrap'][]> {
  const restrain = ['perl', join(sandboxFolder, 'restraints/restrain.pl'), process.arch];
  const network = await findWorkingWrapper([
    [...restrain, '--no-network', '--'],
    ['unshare', '-n'],
    ['unshare', '-rn'],
  ]);
  const noNewPrivileges = ['setpriv', '--no-new-privs'];
  const privileges = await findWorkingWrapper([
    [...noNewPrivileges, '--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all'],
    noNewPrivileges, // only root may drop capabilities, and only root has some
  ]);
  const weaker = [...network, ...privileges];
  const [perl] = await findWorkingWrapper([[...restrain, '--files', 'program:/', '--']]);
  const all = (allowed: Allowed) => [...weaker, perl!, ...restrain.slice(1), '--files', ...rulesFor(allowed), '--'];
  return [...(perl ? [all] : []), () => weaker, () => []];
}

/** Rules in the format of restrain.pl, which ignores missing paths. */
function rulesFor({ programs, input, output }: Allowed): string[] {
  const services = resolve(sandboxFolder, '../..'); // in dist/ or, in tests, in the sources
  const [packages = ''] = /^.*\/node_modules(?=\/)/.exec(require.resolve('sharp')) ?? [];
  const code = [services, join(services, '../libs'), packages, realpathSync(process.execPath)];
  const system = ['/bin', '/lib', '/lib64', '/usr', '/nix/store'];
  return [
    ...[...system, ...code, ...programs].map((path) => `program:${path}`),
    ...['../package.json', '../../package.json', '../tsconfig.json'].map((name) => `read:${join(services, name)}`),
    ...['cpuinfo', 'meminfo', 'self', 'stat'].map((name) => `read:/proc/${name}`),
    ...['ld.so.cache', 'ld.so.preload', 'ssl/openssl.cnf'].map((name) => `read:/etc/${name}`),
    'read:/sys/devices/system',
    'device:/dev/null',
    `input:${input}`,
    `output:${output}`,
  ];
}

/**
 * Starts a probe with a wrapper and returns which restraints hold inside.
 * @throws when an analysis cannot work with this wrapper
 */
async function verify(wrap: Confinement['wrap'], workDir: string): Promise<Restraints> {
  const { dir, erase } = await openTempFolder(workDir, 'probe-');
  try {
    const [input, output, secret] = [join(dir, 'input'), join(dir, 'output'), join(dir, 'secret')];
    await mkdir(input);
    await mkdir(output);
    await writeFile(secret, '');
    const programs = await Promise.all(['ffmpeg', 'ffprobe'].map(findProgram));
    const { path, execArgv } = childModule('restraints/probe.child');
    const node = [process.execPath, ...execArgv, path, secret, output, ...programs];
    const [command = '', ...options] = [
      ...wrap({ programs: programs.map((name) => realpathSync(name)), input, output }),
      ...node,
    ];
    const { stdout } = await run(command, options, { cwd: '/', env: { TMPDIR: output }, timeout: PROBE_TIMEOUT_MS });
    return restraintsSchema.parse(JSON.parse(stdout));
  } finally {
    await erase();
  }
}
