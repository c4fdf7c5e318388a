import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChildLog } from './child-log';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
/** A child that lived this long was healthy: its next failure is a first one. */
const HEALTHY_MS = 30_000;
const SLOW_MS = 20_000;
const MAX_FAILED_STARTS = 5;

export interface ChildSpec {
  name: string;
  script: string;
  args?: readonly string[];
  /** For Node itself, such as `--inspect=9229`. */
  nodeArgs?: readonly string[];
  env: Record<string, string>;
  /** What it reads from stdin: a secret, which neither arguments nor a file would keep from other users. */
  input?: string;
  logFile: string;
  /** How long SIGTERM may take before the whole process group is killed. */
  drainMs: number;
}

/** What the supervisor wants to hear of its children. */
export interface Watcher {
  say(line: string): void;
  /** Processes came or went. */
  changed(): void;
}

/** A child died again and again before it was ready once: a setting or the installation is wrong, patience won't help. */
export class ChildNeverReadyError extends Error {}

/** The pause before start number `failures + 1`: 0.5 s, doubled with each failure in a row, 15 s at most. */
export const delayAfter = (failures: number): number =>
  Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS);

/** A Node process that is started again whenever it ends, until it is told to stop. */
export class Child {
  readonly #log: ChildLog;
  readonly #stopping = new AbortController();
  readonly #ready = Promise.withResolvers<void>();
  #wasReady = false;
  /** Aborted by a restart: the run that ends then is no failure, and the next one starts without a pause. */
  #restart = new AbortController();
  #process: ChildProcess | null = null;
  /** Settles when the current process ends. */
  #ended: Promise<unknown> = Promise.resolve();
  /** Settles when it will not be started again. */
  #done: Promise<void> = Promise.resolve();

  constructor(
    private readonly spec: ChildSpec,
    private readonly watcher: Watcher,
  ) {
    this.#log = new ChildLog(spec.logFile);
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /**
   * Resolves when the child says `ready` for the first time.
   * @throws {ChildNeverReadyError} after five failed starts in a row.
   */
  start(): Promise<void> {
    this.#done = this.#keepRunning();
    const patience = setTimeout(
      () => this.watcher.say(`${this.spec.name} is slow to start; its log: ${this.spec.logFile}`),
      SLOW_MS,
    );
    patience.unref();
    return this.#ready.promise.finally(() => clearTimeout(patience));
  }

  /** SIGTERM, time to drain, then SIGKILL of the group. Resolves when nothing of it is left. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#drain(this.#done);
  }

  /**
   * Drains it as `stop` does and starts it again at once, with the code that its script holds by then. Resolves when
   * the old process has ended. A pause before a start is cut short; a second call during a drain changes nothing.
   */
  async restart(): Promise<void> {
    if (this.#restart.signal.aborted || this.#stopping.signal.aborted) return;
    this.#restart.abort();
    await this.#drain(this.#ended);
  }

  async #drain(ended: Promise<unknown>): Promise<void> {
    this.#process?.kill('SIGTERM');
    const impatience = setTimeout(() => {
      this.watcher.say(`${this.spec.name} did not stop within ${this.spec.drainMs / 1000} s and is killed`);
      if (this.pid) killGroup(this.pid, 'SIGKILL');
    }, this.spec.drainMs);
    await ended;
    clearTimeout(impatience);
  }

  /** SIGKILL, for it and what it started. */
  kill(): void {
    this.#stopping.abort();
    if (this.pid) killGroup(this.pid, 'SIGKILL');
  }

  async #keepRunning(): Promise<void> {
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted;) {
      if (this.#restart.signal.aborted) {
        this.#restart = new AbortController();
        failures = 0;
      }
      const startedAt = Date.now();
      const ending = await this.#runOnce().catch((error: Error) => error.message); // such as a disk too full for a log
      if (signal.aborted) return;
      if (this.#restart.signal.aborted) continue;
      failures = Date.now() - startedAt >= HEALTHY_MS ? 1 : failures + 1;
      const account = [`${this.spec.name} ended (${ending})`, this.#log.lastWords()].filter(Boolean).join(': ');
      if (!this.#wasReady && failures >= MAX_FAILED_STARTS) {
        this.#ready.reject(
          new ChildNeverReadyError(
            `${account}\nIt never got ready in ${failures} attempts; its log: ${this.spec.logFile}`,
          ),
        );
        return;
      }
      const delayMs = delayAfter(failures);
      this.watcher.say(`${account}; starting it again in ${delayMs / 1000} s`);
      const asked = AbortSignal.any([signal, this.#restart.signal]);
      await sleep(delayMs, undefined, { signal: asked }).catch(() => {}); // rejects only when it is to stop or to restart
    }
  }

  /** Its own process group: Ctrl-C in a terminal must reach the supervisor alone, or the order of stopping is lost. */
  async #runOnce(): Promise<string> {
    const output = this.#log.open();
    const child = spawn(
      process.execPath,
      [...(this.spec.nodeArgs ?? []), this.spec.script, ...(this.spec.args ?? [])],
      {
        detached: true,
        env: this.spec.env,
        stdio: [this.spec.input === undefined ? 'ignore' : 'pipe', output, output, 'ipc'],
      },
    );
    closeSync(output);
    child.stdin?.on('error', () => {}); // it ended before it read: its exit says why
    child.stdin?.end(this.spec.input);
    this.#process = child;
    this.watcher.changed();
    child.on('message', (message) => this.#hear(message));
    const ended = Promise.withResolvers<string>();
    child.once('exit', (code, signal) => ended.resolve(signal ?? `exit code ${code}`));
    child.once('error', (error) => ended.resolve(error.message));
    this.#ended = ended.promise;
    const ending = await ended.promise;
    if (child.pid) killGroup(child.pid, 'SIGKILL'); // what it started and left behind, such as an ffmpeg
    this.#process = null;
    this.watcher.changed();
    return ending;
  }

  #hear(message: unknown): void {
    if (typeof message !== 'object' || message === null || !('type' in message) || message.type !== 'ready') return;
    if (this.#wasReady) this.watcher.say(`${this.spec.name} is back`);
    this.#wasReady = true;
    this.#ready.resolve();
  }
}

/** Signals a process group by its leader; a group that is gone is fine. */
export function killGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
