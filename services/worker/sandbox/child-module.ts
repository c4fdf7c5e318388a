import { extname, join } from 'node:path';

/** The module of the analysis process. When run from source (in tests), it is compiled on the fly. */
export function childModule(): { path: string; execArgv: string[] } {
  const extension = extname(__filename);
  const compile = extension === '.ts' ? ['--require', join(__dirname, '../../../libs/testing/run-typescript.cjs')] : [];
  return { path: join(__dirname, `analysis.child${extension}`), execArgv: ['--max-old-space-size=256', ...compile] };
}
