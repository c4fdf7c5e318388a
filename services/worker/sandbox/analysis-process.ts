import { type ChildProcess, fork } from 'node:child_process';
import { DependencyUnavailableError } from '#platform';
import { isExhaustion } from '../analysis/exhaustion';
import { type Facts, type Job, type OnProgress, replySchema } from '../analysis/job';
import { MediaFailure } from '../analysis/media-failure';
import { childModule } from './child-module';
import type { Toolbox } from './toolbox';

/** The analysing process ended in the middle of a job, and nobody had asked it to. */
export class ProcessCrash extends Error {}

const MAX_STDERR_LENGTH = 2_000;

interface Pending {
  id: number;
  resolve: (facts: Facts) => void;
  reject: (reason: unknown) => void;
  onProgress: OnProgress;
}

/** A disposable process, leader of a process group of its own, that looks at one file after the other. */
export class AnalysisProcess {
  private readonly child: ChildProcess;
  private readonly exited: Promise<void>;
  private pending: Pending | null = null;
  private isReady = false;
  private isEnding = false;
  private jobs = 0;
  /** Its last words, for the log. */
  private stderr = '';

  constructor({ folder, node, ffmpeg, ffprobe }: Toolbox) {
    const { path, execArgv } = childModule();
    this.child = fork(path, [folder, ffmpeg, ffprobe], {
      execPath: node,
      execArgv,
      detached: true,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { TZ: 'UTC', MALLOC_ARENA_MAX: '2' }, // nothing of ours: no secret, no address
    });
    this.child.on('message', (message) => this.receive(message));
    this.child.on('error', (error) => (this.stderr += error.message)); // it could not start, or was gone when a job came: 'close' tells
    this.child.stderr
      ?.setEncoding('utf8')
      .on('data', (words: string) => (this.stderr = (this.stderr + words).slice(-MAX_STDERR_LENGTH)));
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
   * @throws {MediaFailure} for a bad file, {ProcessCrash} when the process ends by itself, {DependencyUnavailableError} when the
   * machine has no room left, the `reason` of `end`, or what broke in it.
   */
  run(job: Job, onProgress: OnProgress): Promise<Facts> {
    const id = (this.jobs += 1);
    this.stderr = this.isReady ? '' : this.stderr; // of this job alone, or of the start
    if (!this.child.connected) return this.exited.then(() => Promise.reject(this.crash('could not start'))); // Node gives it no `send` then
    return new Promise((resolve, reject) => {
      this.pending = { id, resolve, reject, onProgress };
      this.child.send(
        { id, job },
        (error) => error && this.settle((pending) => pending.reject(this.crash(error.message))),
      );
    });
  }

  /** Ends the process with all it started, at once, and waits until it is gone. A running job fails with `reason`. */
  async end(reason: unknown): Promise<void> {
    this.isEnding = true; // the kernel takes a moment: nobody gives it another job meanwhile
    this.settle((pending) => pending.reject(reason));
    if (this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null)
      killGroup(this.child.pid);
    await this.exited;
  }

  private receive(message: unknown): void {
    const reply = replySchema.safeParse(message);
    if (!reply.success)
      return void this.end(new Error(`Expected a reply of the analysis, but received ${reply.error.message}`));
    const { data } = reply;
    if (data.type === 'ready') this.isReady = true;
    if (data.type === 'ready' || data.id !== this.pending?.id) return;
    if (data.type === 'progress') this.pending.onProgress(data.percent);
    if (data.type === 'done') this.settle((pending) => pending.resolve(data.facts));
    if (data.type === 'failed') this.settle((pending) => pending.reject(new MediaFailure(data.code, data.detail)));
    if (data.type === 'exhausted') this.settle((pending) => pending.reject(exhausted(data.message)));
    if (data.type === 'broken') this.settle((pending) => pending.reject(new Error(data.message)));
  }

  /** One that never came to work failed on us, not on a file. */
  private crash(how: string): Error {
    const what = `The analysing process ended (${how}) ${this.stderr}`.trim();
    if (isExhaustion(this.stderr)) return exhausted(what);
    return this.isReady ? new ProcessCrash(what) : new Error(what);
  }

  private settle(how: (pending: Pending) => void): void {
    const { pending } = this;
    this.pending = null;
    if (pending) how(pending);
  }
}

/** No fault of the file, nor of ours: to be tried again when there is room. */
const exhausted = (message: string) => new DependencyUnavailableError('storage', new Error(message));

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // gone already
  }
}
