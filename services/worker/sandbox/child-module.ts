import { extname, join } from 'node:path';

/** The module of the analysing process, beside this one. Run from source, as tests do, it is compiled on the way in. */
export function childModule(): { path: string; execArgv: string[] } {
  const extension = extname(__filename);
  const compile = extension === '.ts' ? ['--require', join(__dirname, '../../../libs/testing/run-typescript.cjs')] : [];
  return { path: join(__dirname, `analysis.child${extension}`), execArgv: ['--max-old-space-size=256', ...compile] };
}
