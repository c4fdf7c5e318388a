import { type ChildProcess, fork } from 'node:child_process';
import { DependencyUnavailableError } from '#platform';
import { isExhaustion } from '../analysis/exhaustion';
import type { OnProgress } from '../analysis/job';
import { childModule } from './child-module';
import { type Program, replySchema } from './program';
import type { Toolbox } from './toolbox';

/** The process exited during a job without being asked to. */
export class ProcessCrash extends Error {}

const MAX_STDERR_LENGTH = 2_000;

interface Pending<Job, Result> {
  id: number;
  job: Job;
  resolve: (result: Result) => void;
  reject: (reason: unknown) => void;
  onProgress: OnProgress;
}

/** A disposable process, leader of its own process group, that runs a program: one job at a time. */
export class SandboxProcess<Job extends object, Result> {
  private readonly child: ChildProcess;
  private readonly exited: Promise<void>;
  private pending: Pending<Job, Result> | null = null;
  private isReady = false;
  private isEnding = false;
  private jobs = 0;
  /** The end of its stderr, for error messages. */
  private stderr = '';

  constructor(
    private readonly program: Program<Job, Result>,
    toolbox: Toolbox,
  ) {
    const { path, execArgv } = childModule(program.module);
    this.child = fork(path, program.arguments?.(toolbox) ?? [], {
      execPath: toolbox.node,
      execArgv: [...execArgv, ...(program.execArgv ?? [])],
      detached: true,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // no environment of ours: no secrets, no addresses
      env: { TZ: 'UTC', MALLOC_ARENA_MAX: '2', TMPDIR: toolbox.output, ...program.environment },
    });
    this.child.on('message', (message) => this.receive(message));
    // it could not start, or a message could not be sent: 'close' follows
    this.child.on('error', (error) => (this.stderr += error.message));
    this.child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => (this.stderr = (this.stderr + text).slice(-MAX_STDERR_LENGTH)));
    this.exited = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        this.settle((pending) => pending.reject(this.crash(`exit ${signal ?? code}`)));
        resolve();
      });
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get isAlive(): boolean {
    return !this.isEnding && this.child.connected && this.child.exitCode === null && this.child.signalCode === null;
  }

  /**
   * Runs one job and resolves to its result.
   * @throws a failure of the program, for a bad file
   * @throws {ProcessCrash} when the process exits unexpectedly
   * @throws {DependencyUnavailableError} when the machine is out of disk space, file descriptors or processes
   * @throws the reason of `end`, or an error of ours
   */
  run(job: Job, onProgress: OnProgress): Promise<Result> {
    const id = (this.jobs += 1);
    this.stderr = this.isReady ? '' : this.stderr; // output of this job only, or of the start
    // a process that could not start has no `send`
    if (!this.child.connected) return this.exited.then(() => Promise.reject(this.crash('could not start')));
    return new Promise((resolve, reject) => {
      this.pending = { id, job, resolve, reject, onProgress };
      this.child.send(
        { id, job },
        (error) => error && this.settle((pending) => pending.reject(this.crash(error.message))),
      );
    });
  }

  /** Kills the process group and resolves when the process has exited. A running job is rejected with `reason`. */
  async end(reason: unknown): Promise<void> {
    this.isEnding = true; // the exit takes a moment: it must not be given another job meanwhile
    this.settle((pending) => pending.reject(reason));
    if (this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null)
      killGroup(this.child.pid);
    await this.exited;
  }

  private receive(message: unknown): void {
    const reply = replySchema.safeParse(message);
    if (!reply.success) return this.endInvalid(reply.error);
    const { data } = reply;
    if (data.type === 'ready') this.isReady = true;
    if (data.type === 'ready' || data.id !== this.pending?.id) return;
    if (data.type === 'progress') this.pending.onProgress(data.percent);
    if (data.type === 'done') {
      const result = this.program.resultOf(this.pending.job).safeParse(data.result);
      if (!result.success) return this.endInvalid(result.error);
      this.settle((pending) => pending.resolve(result.data));
    }
    if (data.type === 'failed') this.settle((pending) => pending.reject(this.program.failure(data)));
    if (data.type === 'exhausted') this.settle((pending) => pending.reject(exhausted(data.message)));
    if (data.type === 'broken') this.settle((pending) => pending.reject(new Error(data.message)));
  }

  private endInvalid(error: Error): void {
    void this.end(new Error(`Invalid reply of the analysis process: ${error.message}`));
  }

  /** The error for an exit; a process that was never ready did not crash on a file. */
  private crash(how: string): Error {
    const message = `The analysis process exited (${how}) ${this.stderr}`.trim();
    if (isExhaustion(this.stderr)) return exhausted(message);
    return this.isReady ? new ProcessCrash(message) : new Error(message);
  }

  private settle(action: (pending: Pending<Job, Result>) => void): void {
    const { pending } = this;
    this.pending = null;
    if (pending) action(pending);
  }
}

/** Resource exhaustion: neither the file's error nor ours, so it is retried as an outage. */
const exhausted = (message: string) => new DependencyUnavailableError('storage', new Error(message));

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // exited already
  }
}
