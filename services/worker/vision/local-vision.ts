import { link, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Config } from '#config';
import { ConcurrencyLimiter, newId } from '#platform';
import { AnalyserFailure } from '../analysers/analyser';
import type { JobLimits, Program } from '../sandbox/program';
import { ProgramRunner } from '../sandbox/program-runner';
import { ProcessCrash } from '../sandbox/sandbox-process';
import { type VisionJob, type VisionResults, type VisionTask, visionResults } from './job';

const MIB = 1024 ** 2;
/** A second or two of work for one picture, at the lowest priority on a machine that may be busy. */
const TIME_LIMIT_MS = 120_000;
/** With all models but that of the second opinion it needs 650 MB. */
const MEMORY_LIMIT_BYTES = 900 * MIB;
const RECYCLE_ABOVE_BYTES = 650 * MIB;
const IDLE_MS = 60_000;

const program: Program<VisionJob, VisionResults[VisionTask]> = {
  module: '../vision/vision.child',
  execArgv: ['--expose-gc', '--max-semi-space-size=2'],
  // larger blocks are returned to the system when they are freed (mallopt(3)): 150 MB less, for 0.3 s more with text
  environment: { MALLOC_MMAP_THRESHOLD_: String(4 * MIB) },
  resultOf: ({ task }) => visionResults[task],
  failure: ({ code }) => new Error(`Unknown failure of an analysis: ${code}`),
};

const limits: JobLimits = {
  timeMs: TIME_LIMIT_MS,
  memoryBytes: MEMORY_LIMIT_BYTES,
  timedOut: (detail) => new AnalyserFailure('analyser_timeout', true, detail),
  tooLarge: (detail) => new AnalyserFailure('too_large', false, detail),
};

/**
 * Looks at pictures with the models in node_modules, one picture at a time, in a process of its own without network,
 * which is not the one that reads originals. The process starts with the first picture and ends when it is idle.
 */
export class LocalVision {
  private readonly runner: ProgramRunner<VisionJob, VisionResults[VisionTask]>;
  private readonly limiter = new ConcurrencyLimiter(1, Infinity);

  /** @param workDir folder for its tools, on the file system of the pictures */
  constructor(workDir: string, idleMs = IDLE_MS) {
    this.runner = new ProgramRunner(workDir, program, { recycleAboveBytes: RECYCLE_ABOVE_BYTES, idleMs });
  }

  /**
   * Looks at one picture, a preview or frame.
   * @throws {AnalyserFailure} analyser_timeout, too_large
   * @throws the reason of `signal`; anything else is an error of ours
   */
  async look<T extends VisionTask>(task: T, path: string, signal: AbortSignal): Promise<VisionResults[T]> {
    signal.throwIfAborted();
    return (await this.limiter.schedule(false, () => this.lookAlone(task, path, signal))) as VisionResults[T];
  }

  /** Ends the process. */
  async close(): Promise<void> {
    await this.runner.close();
  }

  private async lookAlone(task: VisionTask, path: string, signal: AbortSignal): Promise<VisionResults[VisionTask]> {
    signal.throwIfAborted();
    const { input } = await this.runner.openToolbox();
    const linked = join(input, `${newId()}${extname(path)}`); // the process can read and delete this name only
    await link(path, linked);
    // the model of the second opinion alone needs 450 MB: it is never in memory beside the others
    const isExclusive = task === 'secondOpinion';
    if (isExclusive) await this.runner.endProcess('memory for a larger model');
    try {
      return await this.attempt({ task, path: linked }, signal);
    } finally {
      if (isExclusive) await this.runner.endProcess('a larger model was used');
      await rm(linked, { force: true });
    }
  }

  /** A crash may have a cause outside, such as the OOM killer: the picture is tried a second time. */
  private async attempt(job: VisionJob, signal: AbortSignal): Promise<VisionResults[VisionTask]> {
    try {
      return await this.runner.run(job, limits, signal);
    } catch (error) {
      if (!(error instanceof ProcessCrash)) throw error;
      return this.runner.run(job, limits, signal);
    }
  }
}

const shared = new WeakMap<Config, LocalVision>();

/** The process that the analysers of one worker share. */
export function visionOf(config: Config): LocalVision {
  const vision = shared.get(config) ?? new LocalVision(join(config.dataDir, 'work'));
  shared.set(config, vision);
  return vision;
}
