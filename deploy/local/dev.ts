import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import ts from 'typescript';
import { say } from './say';

/**
 * The entry point of `npm run dev`, run from source at the root of the repository: compiles the services at each change
 * and has the supervisor restart them, and builds the pages at each change. Arguments are passed to the supervisor.
 */
const BUILD_INFO = 'dist/.dev.tsbuildinfo';

let supervisor: ChildProcess | null = null;
/** A compilation has written code that is not running yet. */
let hasNewCode = false;

function main(args: string[]): void {
  rmSync('dist/.built', { force: true }); // from now on dist/ is not the build that `npm start` and `npm test` use
  const pages = spawn(process.execPath, ['services/web/build.mjs', '--watch'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  process.once('exit', () => pages.kill());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
  watchTypes('services/web/tsconfig.json', { noEmit: true }, () => {});
  watchTypes(
    'deploy/tsconfig.build.json',
    { noEmitOnError: true, incremental: true, tsBuildInfoFile: BUILD_INFO },
    () => {
      if (!supervisor) supervisor = startSupervisor(args);
      else if (hasNewCode) supervisor.kill('SIGUSR2');
      hasNewCode = false;
    },
  );
}

/** Compiles at each change and prints type errors; calls `onClean` after each compilation without any. */
function watchTypes(project: string, options: ts.CompilerOptions, onClean: () => void): void {
  const format = {
    getCanonicalFileName: (name: string) => name,
    getCurrentDirectory: ts.sys.getCurrentDirectory,
    getNewLine: () => '\n',
  };
  const print = (diagnostic: ts.Diagnostic) =>
    process.stderr.write(ts.formatDiagnosticsWithColorAndContext([diagnostic], format));
  const onStatus = (_: ts.Diagnostic, _newLine: string, _options: ts.CompilerOptions, errors?: number) => {
    if (errors === 0) onClean();
    else if (errors) say(`${project}: ${errors} type errors; nothing is restarted until they are fixed`);
  };
  const createProgram = ts.createEmitAndSemanticDiagnosticsBuilderProgram;
  ts.createWatchProgram(
    ts.createWatchCompilerHost(project, options, { ...ts.sys, writeFile }, createProgram, print, onStatus),
  );
}

/** Writes changed files only: the first compilation after a start emits mostly the files that exist already. */
function writeFile(path: string, text: string, writeByteOrderMark?: boolean): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  ts.sys.writeFile(path, text, writeByteOrderMark);
  if (path.endsWith('.js')) hasNewCode = true;
}

function startSupervisor(args: string[]): ChildProcess {
  const started = spawn(process.execPath, ['dist/deploy/local/supervisor.js', ...args], { stdio: 'inherit' });
  started.once('exit', (code) => process.exit(code ?? 1));
  return started;
}

function stop(signal: NodeJS.Signals): void {
  if (supervisor) supervisor.kill(signal); // its exit ends this process
  else process.exit(0);
}

main(process.argv.slice(2));
