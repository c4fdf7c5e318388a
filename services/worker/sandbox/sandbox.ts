import { rename, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cleanMetadata } from '../analysis/clean-metadata';
import { type Facts, factsSchema, type Job, type OnProgress } from '../analysis/job';
import { isFailureCode, MediaFailure } from '../analysis/media-failure';
import { type AnalysisLimits, defaultLimits, timeLimitMs } from './limits';
import type { Program } from './program';
import { ProgramRunner } from './program-runner';
import { ProcessCrash } from './sandbox-process';

export interface AnalysisJob extends Job {
  /** Ends the work at once; `analyse` then rejects with the reason. */
  signal: AbortSignal;
  onProgress?: OnProgress;
}

const RECYCLE_ABOVE_BYTES = 300 * 1024 ** 2;

const program: Program<Job, Facts> = {
  module: 'analysis.child',
  arguments: ({ ffmpeg, ffprobe, input, output }) => [ffmpeg, ffprobe, input, output],
  resultOf: () => factsSchema,
  failure: ({ code, detail }) =>
    isFailureCode(code) ? new MediaFailure(code, detail) : new Error(`Unknown failure of an analysis: ${code}`),
};

/**
 * Analyses one file at a time in a child process, whose crashes, hangs and memory leaks do not affect this one. One per
 * worker slot.
 */
export class AnalysisSandbox {
  private readonly limits: AnalysisLimits;
  private readonly runner: ProgramRunner<Job, Facts>;

  /** @param workDir folder for its tools */
  constructor(workDir: string, limits: Partial<AnalysisLimits> = {}) {
    this.limits = { ...defaultLimits, ...limits };
    const { idleMs } = this.limits;
    this.runner = new ProgramRunner(workDir, program, {
      limits: this.limits,
      recycleAboveBytes: RECYCLE_ABOVE_BYTES,
      idleMs,
    });
  }

  /**
   * Returns the facts of the file and writes its derived files to `outputDir`.
   * @throws {MediaFailure} for a permanent failure
   * @throws the reason of `signal`; anything else is transient
   */
  async analyse({ signal, onProgress = () => {}, ...job }: AnalysisJob): Promise<Facts> {
    return this.inJobFolders(job, async (work) => {
      try {
        return await this.attempt(work, signal, onProgress);
      } catch (error) {
        if (!(error instanceof ProcessCrash)) throw error;
      }
      // The cause may lie elsewhere (e.g. the OOM killer): only a second crash counts against the file.
      try {
        return await this.attempt(work, signal, onProgress);
      } catch (error) {
        throw error instanceof ProcessCrash ? new MediaFailure('crashed_worker', error.message) : error;
      }
    });
  }

  /** Ends the process and removes its tools. */
  async close(): Promise<void> {
    await this.runner.close();
  }

  /** Moves the files of a job to where the process may use them, and back afterwards. All is on one file system. */
  private async inJobFolders(job: Job, work: (moved: Job) => Promise<Facts>): Promise<Facts> {
    const { input, output } = await this.runner.openToolbox();
    const moved = {
      ...job,
      inputPath: join(input, basename(job.inputPath)),
      outputDir: join(output, basename(job.outputDir)),
    };
    await rename(job.outputDir, moved.outputDir);
    try {
      await rename(job.inputPath, moved.inputPath);
      return await work(moved);
    } finally {
      await rename(moved.inputPath, job.inputPath);
      await rename(moved.outputDir, job.outputDir);
    }
  }

  private async attempt(job: Job, signal: AbortSignal, onProgress: OnProgress): Promise<Facts> {
    const { size } = await stat(job.inputPath);
    const limits = {
      timeMs: timeLimitMs(this.limits, job.kind, size),
      memoryBytes: this.limits.memoryBytes[job.kind],
      timedOut: (detail: string) => new MediaFailure('processing_timeout', detail),
      tooLarge: (detail: string) => new MediaFailure('too_complex', detail),
    };
    const facts = await this.runner.run(job, limits, signal, onProgress);
    // the child has cleaned it, but is not trusted: it parses untrusted bytes
    return { ...facts, metadata: cleanMetadata(facts.metadata) };
  }
}
