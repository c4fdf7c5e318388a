import type { OnProgress } from '../analysis/job';
import { defaultLimits, type AnalysisLimits } from './limits';
import type { JobLimits, Program } from './program';
import { residentBytes } from './resident-memory';
import { SandboxProcess } from './sandbox-process';
import { makeToolbox, type Toolbox } from './toolbox';

const MEMORY_CHECK_MS = 100;

/** Limits of the processes of a program; those of each job are given with it. */
export interface RunnerOptions {
  limits?: AnalysisLimits;
  /** A process above this is not reused: its memory counts towards the limit of the next job. */
  recycleAboveBytes: number;
  /** How long a process without a job keeps its memory. */
  idleMs: number;
}

/**
 * Runs the jobs of a program, one at a time, in a child process whose crashes, hangs and memory leaks do not affect
 * this one. The process starts with the first job, is reused, and ends when it has grown or been idle for long.
 */
export class ProgramRunner<Job extends object, Result> {
  private toolbox: Promise<Toolbox> | null = null;
  private current: SandboxProcess<Job, Result> | null = null;
  private idle: NodeJS.Timeout | undefined;

  /** @param workDir folder for its tools */
  constructor(
    private readonly workDir: string,
    private readonly program: Program<Job, Result>,
    private readonly options: RunnerOptions,
  ) {}

  /** The folders that the process may use. */
  openToolbox(): Promise<Toolbox> {
    this.toolbox ??= makeToolbox(this.options.limits ?? defaultLimits, this.workDir, this.program.readable).catch(
      (error: unknown) => {
        this.toolbox = null; // e.g. a full disk: retried with the next job
        throw error;
      },
    );
    return this.toolbox;
  }

  /**
   * Runs one attempt of a job.
   * @throws {ProcessCrash} when the process exits unexpectedly
   * @throws a failure of the program or of `limits`, the reason of `signal`, or a transient error
   */
  async run(job: Job, limits: JobLimits, signal: AbortSignal, onProgress: OnProgress = () => {}): Promise<Result> {
    clearTimeout(this.idle);
    const running = await this.process();
    signal.throwIfAborted();
    const stopWatching = this.watch(running, limits, signal);
    try {
      return await running.run(job, onProgress);
    } finally {
      stopWatching();
      await this.recycle(running);
    }
  }

  /** Ends the process, if any, so that its memory is free: the next job starts another. */
  async endProcess(reason: string): Promise<void> {
    clearTimeout(this.idle);
    await this.current?.end(new Error(reason));
  }

  /** Ends the process and removes its tools. */
  async close(): Promise<void> {
    await this.endProcess('The sandbox was closed');
    await (await this.toolbox)?.erase();
    this.toolbox = null;
  }

  private async process(): Promise<SandboxProcess<Job, Result>> {
    if (this.current?.isAlive) return this.current;
    this.current = new SandboxProcess(this.program, await this.openToolbox());
    return this.current;
  }

  /** Enforces the limits of time and memory. Returns a function that stops it. */
  private watch(running: SandboxProcess<Job, Result>, limits: JobLimits, signal: AbortSignal): () => void {
    const abort = () => void running.end(signal.reason);
    const timeout = setTimeout(
      () => void running.end(limits.timedOut(`longer than ${limits.timeMs / 1_000} s`)),
      limits.timeMs,
    );
    const memory = setInterval(async () => {
      const bytes = running.pid === undefined ? 0 : await residentBytes(running.pid);
      if (bytes > limits.memoryBytes) await running.end(limits.tooLarge(`${bytes} bytes of memory`));
    }, MEMORY_CHECK_MS);
    signal.addEventListener('abort', abort, { once: true });
    return () => {
      clearTimeout(timeout);
      clearInterval(memory);
      signal.removeEventListener('abort', abort);
    };
  }

  /** Ends a process that has grown at once, and any other when it has been idle for long. */
  private async recycle(used: SandboxProcess<Job, Result>): Promise<void> {
    const { recycleAboveBytes, idleMs } = this.options;
    const isReusable = used.isAlive && used.pid !== undefined && (await residentBytes(used.pid)) <= recycleAboveBytes;
    if (!isReusable) return used.end(new Error('recycled'));
    this.idle = setTimeout(() => void used.end(new Error('idle')), idleMs);
    this.idle.unref();
  }
}
