import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '#config';
import type { Ready } from '../../libs/platform/supervisor-ipc';
import { ChildLog } from './child-log';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
/** A run of this length resets the backoff. */
const HEALTHY_MS = 30_000;
const SLOW_MS = 20_000;
const MAX_FAILED_STARTS = 5;
const LOG_CHECK_MS = 10_000;

export interface ChildSpec {
  name: string;
  script: string;
  args?: readonly string[];
  /** For Node itself, such as `--inspect=9229`. */
  nodeArgs?: readonly string[];
  env: Record<string, string>;
  /** Written to its stdin: a secret, which other users could read in arguments or in a file. */
  input?: string;
  logFile: string;
  /** How long SIGTERM may take before the whole process group is killed. */
  drainMs: number;
}

/** Callbacks of a child. */
export interface Watcher {
  say(line: string): void;
  /** The set of running processes has changed. */
  changed(): void;
}

/** Returns the backoff after `failures` consecutive failures: 0.5 s, doubled with each, 15 s at most. */
export const delayAfter = (failures: number): number =>
  Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS);

/** A Node process that is restarted whenever it ends, until it is stopped. */
export class Child {
  readonly #log: ChildLog;
  readonly #stopping = new AbortController();
  readonly #ready = Promise.withResolvers<Ready>();
  #wasReady = false;
  /**
   * Aborted by a restart: the run that ends then does not count as a failure, and the next one starts without a
   * backoff.
   */
  #restart = new AbortController();
  #process: ChildProcess | null = null;
  /** Settles when the current process ends. */
  #ended: Promise<unknown> = Promise.resolve();
  /** Settles when it will not be restarted any more. */
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
   * Resolves to its message when the child has sent `ready` for the first time.
   * @throws {OperatorError} after five consecutive failed starts
   */
  start(): Promise<Ready> {
    this.#done = this.#keepRunning();
    const slowStart = setTimeout(
      () => this.watcher.say(`${this.spec.name} is slow to start; its log: ${this.spec.logFile}`),
      SLOW_MS,
    );
    slowStart.unref();
    return this.#ready.promise.finally(() => clearTimeout(slowStart));
  }

  /** Sends SIGTERM, and SIGKILL to the process group after `drainMs`. Resolves when all its processes have ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#drain(this.#done);
  }

  /**
   * Drains it as `stop` does and restarts it at once, with the current code of its script. Resolves when the old
   * process has ended. Ends a backoff early; a second call during a drain changes nothing.
   */
  async restart(): Promise<void> {
    if (this.#restart.signal.aborted || this.#stopping.signal.aborted) return;
    this.#restart.abort();
    await this.#drain(this.#ended);
  }

  async #drain(ended: Promise<unknown>): Promise<void> {
    this.#process?.kill('SIGTERM');
    const drainTimeout = setTimeout(() => {
      this.watcher.say(`${this.spec.name} did not stop within ${this.spec.drainMs / 1000} s and is killed`);
      if (this.pid) killGroup(this.pid, 'SIGKILL');
    }, this.spec.drainMs);
    await ended;
    clearTimeout(drainTimeout);
  }

  /** Sends SIGKILL to it and its descendants. */
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
      const ending = await this.#runOnce().catch((error: Error) => error.message); // such as ENOSPC for the log
      if (signal.aborted) return;
      if (this.#restart.signal.aborted) continue;
      failures = Date.now() - startedAt >= HEALTHY_MS ? 1 : failures + 1;
      const reason = [`${this.spec.name} ended (${ending})`, this.#log.lastError()].filter(Boolean).join(': ');
      if (!this.#wasReady && failures >= MAX_FAILED_STARTS) {
        this.#ready.reject(
          new OperatorError(`${reason}\nIt was not ready after ${failures} attempts; its log: ${this.spec.logFile}`),
        );
        return;
      }
      const delayMs = delayAfter(failures);
      this.watcher.say(`${reason}; restarting in ${delayMs / 1000} s`);
      const requested = AbortSignal.any([signal, this.#restart.signal]);
      await sleep(delayMs, undefined, { signal: requested }).catch(() => {}); // rejects only for a stop or restart
    }
  }

  /** Runs it in its own process group: Ctrl-C must reach the supervisor only, which stops the children in order. */
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
    child.stdin?.on('error', () => {}); // EPIPE when it exits before reading; its exit is handled below
    child.stdin?.end(this.spec.input);
    this.#process = child;
    this.watcher.changed();
    child.on('message', (message) => this.#onMessage(message));
    const ended = Promise.withResolvers<string>();
    child.once('exit', (code, signal) => ended.resolve(signal ?? `exit code ${code}`));
    child.once('error', (error) => ended.resolve(error.message));
    this.#ended = ended.promise;
    const logCheck = setInterval(() => this.#rotateLog(), LOG_CHECK_MS);
    const ending = await ended.promise;
    clearInterval(logCheck);
    if (child.pid) killGroup(child.pid, 'SIGKILL'); // descendants that it left running, such as ffmpeg
    this.#process = null;
    this.watcher.changed();
    return ending;
  }

  #rotateLog(): void {
    try {
      this.#log.rotate();
    } catch {
      // a full disk: retried at the next check, and until then the child drops lines that it cannot write
    }
  }

  #onMessage(message: unknown): void {
    if (typeof message !== 'object' || message === null || !('type' in message) || message.type !== 'ready') return;
    if (this.#wasReady) this.watcher.say(`${this.spec.name} is ready again`);
    this.#wasReady = true;
    this.#ready.resolve(message as Ready);
  }
}

/** Signals a process group by its leader. A group that has ended is not an error. */
export function killGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
