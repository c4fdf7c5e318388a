import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makePng } from '#testing';
import { defaultLimits } from './limits';
import { setupSandboxTester } from './sandbox.testing';

/** 500 000 seconds of audio in 4 MB: at 8 Hz, which takes minutes to decode. */
function endlessWav(): Buffer {
  const wav = Buffer.alloc(44 + 4_000_000, 0x80);
  wav.write('RIFF....WAVEfmt ', 'latin1');
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.writeUInt32LE(16, 16);
  for (const [offset, value] of [
    [20, 1],
    [22, 1],
    [32, 1],
    [34, 8],
  ] as const)
    wav.writeUInt16LE(value, offset);
  for (const [offset, value] of [
    [24, 8],
    [28, 8],
    [40, wav.length - 44],
  ] as const)
    wav.writeUInt32LE(value, offset);
  wav.write('data', 36, 'latin1');
  return wav;
}

const audio = { kind: 'audio', contentType: 'audio/wav' } as const;
const image = { kind: 'image', contentType: 'image/png' } as const;

/** Descendants of `parent` whose command line contains all the given strings. */
function processes(parent: number, ...parts: string[]): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
  const below = children.flatMap((pid) => processes(pid, ...parts));
  return [...children.filter((pid) => parts.every((part) => commandLine(pid).includes(part))), ...below];
}

const parentOf = (pid: number) => Number(/^PPid:\s+(\d+)/m.exec(contents(`/proc/${pid}/status`))?.[1]);
const commandLine = (pid: number) => contents(`/proc/${pid}/cmdline`);
const isAlive = (pid: number) => /^State:\s+[^ZX]/m.test(contents(`/proc/${pid}/status`));

function contents(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // the process has just exited
  }
}

async function waitFor<T>(found: () => T | undefined | false): Promise<T> {
  for (
    const startedAt = Date.now();
    Date.now() - startedAt < 15_000;
    await new Promise((resolve) => setTimeout(resolve, 20))
  ) {
    const value = found();
    if (value) return value;
  }
  throw new Error('Not found within 15 s');
}

const runningFfmpeg = () => waitFor(() => processes(process.pid, 'ffmpeg', 'original')[0]);

/** Crashes the analysis process that runs an ffmpeg, other than `before`. Returns its pid. */
async function crashAnalysis(before?: number): Promise<number> {
  const pid = await waitFor(() =>
    processes(process.pid, 'analysis.child').find(
      (found) => found !== before && processes(found, 'ffmpeg', 'original').length > 0,
    ),
  );
  process.kill(pid, 'SIGSEGV');
  return pid;
}

describe('the limits', () => {
  const timeLimited = setupSandboxTester({ seconds: { ...defaultLimits.seconds, audio: { base: 8, perMib: 0 } } });
  const memoryLimited = setupSandboxTester({ memoryBytes: { ...defaultLimits.memoryBytes, audio: 40 * 1024 ** 2 } });

  it('of time end the work and its child processes', async () => {
    const failing = timeLimited.analyse(audio, endlessWav());
    const [ffmpeg] = await Promise.all([
      runningFfmpeg(),
      expect(failing).rejects.toMatchObject({ code: 'processing_timeout' }),
    ]);
    await waitFor(() => !isAlive(ffmpeg));
  });

  it('of memory end the work', async () => {
    await expect(memoryLimited.analyse(audio, endlessWav())).rejects.toMatchObject({ code: 'too_complex' });
  });

  it('are reset for the next file', async () => {
    expect((await memoryLimited.analyse(image, await makePng())).facts.width).toBe(320);
  });
});

describe('the sandbox', () => {
  const tester = setupSandboxTester();
  const impatient = setupSandboxTester({ idleMs: 300 });

  it('reuses its process', async () => {
    await tester.analyse(image, await makePng());
    const [first] = processes(process.pid, 'analysis.child');
    await tester.analyse(image, await makePng());
    expect(processes(process.pid, 'analysis.child')).toEqual([first]);
  });

  it('ends its process when it has been idle for long, and starts another for the next file', async () => {
    const others = processes(process.pid, 'analysis.child');
    await impatient.analyse(image, await makePng());
    const idle = processes(process.pid, 'analysis.child').find((pid) => !others.includes(pid));
    await waitFor(() => !isAlive(idle!));
    expect((await impatient.analyse(image, await makePng())).facts.width).toBe(320);
  });

  it('ends ffmpeg and rejects with the reason when it is aborted', async () => {
    const abort = new AbortController();
    const failing = tester.analyse(audio, endlessWav(), abort.signal);
    const rejection = expect(failing).rejects.toThrow('the lease is lost');
    const ffmpeg = await runningFfmpeg();
    abort.abort(new Error('the lease is lost'));
    await rejection;
    await waitFor(() => !isAlive(ffmpeg));
    await expect(
      tester.analyse(audio, endlessWav(), AbortSignal.abort(new Error('aborted before the start'))),
    ).rejects.toThrow('aborted before the start');
  });

  it('retries after a crash, and fails the file after a second one', async () => {
    const rejection = expect(tester.analyse(audio, endlessWav())).rejects.toMatchObject({ code: 'crashed_worker' });
    await crashAnalysis(await crashAnalysis());
    await rejection;
    expect((await tester.analyse(image, await makePng())).facts.width).toBe(320);
  });

  it('passes no environment of ours to the analysis process', async () => {
    await tester.analyse(image, await makePng());
    const [pid] = processes(process.pid, 'analysis.child');
    const names = contents(`/proc/${pid}/environ`)
      .split('\0')
      .map((entry) => entry.split('=')[0])
      .filter(Boolean);
    const own = new Set([
      'MALLOC_ARENA_MAX',
      'NODE_CHANNEL_FD',
      'NODE_CHANNEL_SERIALIZATION_MODE',
      'TMPDIR',
      'TZ',
      'PWD',
      'OLDPWD',
      'SHLVL',
      '_',
    ]); // the last four are set by the shell
    expect(names.filter((name) => !own.has(name!))).toEqual([]);
  });

  it('reports a missing output folder as an error of ours', async () => {
    const { inputPath } = await tester.prepare(await makePng());
    const job = {
      ...image,
      inputPath,
      outputDir: join(tester.folder, 'nowhere'),
      signal: new AbortController().signal,
    };
    await expect(tester.sandbox.analyse(job)).rejects.toThrow('ENOENT');
  });

  it('leaves no process and no file of the job when its owner is killed', async () => {
    const { inputPath, outputDir } = await tester.prepare(endlessWav());
    const job = JSON.stringify({ ...audio, inputPath, outputDir });
    const script = `
      const { AnalysisSandbox } = require(${JSON.stringify(join(__dirname, 'sandbox.ts'))});
      const { signal } = new AbortController();
      new AnalysisSandbox(require('node:os').tmpdir()).analyse({ ...${job}, signal })`;
    const owner = spawn(
      process.execPath,
      ['--require', join(__dirname, '../../../libs/testing/run-typescript.cjs'), '-e', script],
      { stdio: 'ignore' },
    );
    const child = await waitFor(() => processes(owner.pid!, 'analysis.child')[0]);
    const ffmpeg = await waitFor(() => processes(child, 'ffmpeg', 'original')[0]);
    const tools = dirname(
      commandLine(child)
        .split('\0')
        .find((argument) => argument.endsWith('/ffprobe'))!,
    );
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    await waitFor(() => !isAlive(child) && !isAlive(ffmpeg));
    expect(readdirSync(tools).toSorted()).toEqual(['ffmpeg', 'ffprobe', 'input', 'node', 'output']); // for the reaper
    expect([...readdirSync(join(tools, 'input')), ...readdirSync(join(tools, 'output'))]).toEqual([]);
    rmSync(tools, { recursive: true });
  });
});
