import { rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { AnalyserResults } from '#contracts';
import { ConcurrencyLimiter, newId } from '#platform';
import type { JobLimits, Program } from '../../../sandbox/program';
import { ProgramRunner } from '../../../sandbox/program-runner';
import { ProcessCrash } from '../../../sandbox/sandbox-process';
import { type Analyser, AnalyserFailure, type AnalysisSubject, type OnProgress } from '../../analyser';
import { openSound } from '../sound-file';
import { type Transcript, transcribeInPieces } from '../transcribe';
import { findModel } from './model-folder';
import { type RecognitionJob, type Recognized, recognizedSchema, toTranscript } from './recognized';

const MIB = 1024 ** 2;
/** Whisper reads 30 s at once. Short pieces also make short segments, where a model names no times. */
const PIECES = { shortestSeconds: 6, longestSeconds: 20 };
const TIME_LIMIT_MS = 5 * 60_000;
/** The largest model of the table (speech-small) needs 1.2 GB. */
const MEMORY_LIMIT_BYTES = 2_500 * MIB;
const IDLE_MS = 60_000;

const limits: JobLimits = {
  timeMs: TIME_LIMIT_MS,
  memoryBytes: MEMORY_LIMIT_BYTES,
  timedOut: (detail) => new AnalyserFailure('analyser_timeout', true, detail),
  tooLarge: (detail) => new AnalyserFailure('analyser_unavailable', true, detail),
};

/** Speech by a model on this machine, in a process of its own without network, which ends when it is idle. */
export class LocalSpeech implements Analyser<'speech'> {
  readonly provider = 'local';
  private readonly runner: ProgramRunner<RecognitionJob, Recognized>;
  private readonly limiter = new ConcurrencyLimiter(1, Infinity);

  /**
   * @param modelDir see model-folder.ts
   * @param workDir folder for its tools, on the file system of the sounds
   */
  constructor(
    private readonly modelDir: string,
    workDir: string,
    readonly model = basename(modelDir),
  ) {
    const program: Program<RecognitionJob, Recognized> = {
      module: '../analysers/speech/local/recognizer.child',
      arguments: () => [modelDir],
      readable: [modelDir],
      resultOf: () => recognizedSchema,
      failure: ({ code }) => new Error(`Unknown failure of a recognition: ${code}`),
    };
    this.runner = new ProgramRunner(workDir, program, { recycleAboveBytes: MEMORY_LIMIT_BYTES, idleMs: IDLE_MS });
  }

  /** @throws {AnalyserFailure} analyser_unavailable without a model that can be loaded, analyser_timeout */
  async analyse(
    subject: AnalysisSubject,
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<AnalyserResults['speech']> {
    signal.throwIfAborted();
    this.assertModel();
    const sound = await openSound(await subject.sound(), subject.folder, signal);
    const transcriber = {
      pieces: PIECES,
      format: 'wav' as const,
      transcribe: (path: string, seconds: number) => this.transcribe(path, seconds, signal),
    };
    return transcribeInPieces(sound, transcriber, signal, onProgress);
  }

  async close(): Promise<void> {
    await this.runner.close();
  }

  private assertModel(): void {
    try {
      findModel(this.modelDir);
    } catch (error) {
      const detail = `${(error as Error).message}: npm run models -- get speech-small`;
      throw new AnalyserFailure('analyser_unavailable', true, detail);
    }
  }

  private async transcribe(path: string, seconds: number, signal: AbortSignal): Promise<Transcript> {
    const { input } = await this.runner.openToolbox();
    const moved = join(input, `${newId()}.wav`); // the process can read and delete this folder only
    await rename(path, moved);
    try {
      const recognized = await this.limiter.schedule(false, () => this.attempt({ path: moved }, signal));
      return toTranscript(recognized!, seconds);
    } finally {
      await rm(moved, { force: true });
    }
  }

  /** A crash may have a cause outside, such as the OOM killer: the piece is tried a second time. */
  private async attempt(job: RecognitionJob, signal: AbortSignal): Promise<Recognized> {
    try {
      return await this.runner.run(job, limits, signal);
    } catch (error) {
      if (!(error instanceof ProcessCrash)) throw error;
    }
    return this.runner.run(job, limits, signal).catch((error: unknown) => {
      throw error instanceof ProcessCrash ? new AnalyserFailure('analyser_unavailable', true, error.message) : error;
    });
  }
}
