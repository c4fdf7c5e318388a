import { extname, join } from 'node:path';

/** This folder. Only here: in tests, where sandbox.ts is bundled, `__dirname` is that of sandbox.ts in all modules. */
export const sandboxFolder = __dirname;

/** A module that runs in a process of its own. When run from source (in tests), it is compiled on the fly. */
export function childModule(name: string, folder = sandboxFolder): { path: string; execArgv: string[] } {
  const extension = extname(__filename);
  const compile = extension === '.ts' ? ['--require', join(__dirname, '../../../libs/testing/run-typescript.cjs')] : [];
  return { path: join(folder, `${name}${extension}`), execArgv: ['--max-old-space-size=256', ...compile] };
}
