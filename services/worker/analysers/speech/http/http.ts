import { setTimeout as sleep } from 'node:timers/promises';
import type { AnalyserResults } from '#contracts';
import { type Analyser, AnalyserFailure, type AnalysisSubject, type OnProgress } from '../../analyser';
import type { PieceLimits } from '../pieces';
import { openSound } from '../sound-file';
import { type Transcript, transcribeInPieces } from '../transcribe';
import { BusyError, openAgent, requestTranscript } from './request';

export interface HttpSpeechOptions {
  /** The base of the API, such as `https://api.openai.com/v1`. */
  url: string;
  apiKey: string | null;
  model: string;
  pieces?: PieceLimits;
  /** How long a response may take to a piece of this length. */
  timeoutMs?: (seconds: number) => number;
  /** Before a second attempt, where the server does not ask for another pause. */
  pauseMs?: number;
}

/** Below the 25 MiB that OpenAI accepts, even where FLAC compresses nothing (1.9 MB a minute). */
const PIECES: PieceLimits = { shortestSeconds: 8 * 60, longestSeconds: 12 * 60 };
/** A server without a graphics card may need several times the duration of the sound. */
const timeoutOf = (seconds: number) => 60_000 + 4_000 * seconds;
const ATTEMPTS = 3;
/** A longer pause is not waited for: the worker has other things to do. */
const LONGEST_PAUSE_MS = 30_000;

/** Speech by any server with the audio API of OpenAI: OpenAI's, whisper.cpp's, speaches'. */
export class HttpSpeech implements Analyser<'speech'> {
  readonly provider = 'http';
  readonly model: string;
  private readonly agent = openAgent();

  constructor(private readonly options: HttpSpeechOptions) {
    this.model = options.model;
  }

  async analyse(
    subject: AnalysisSubject,
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<AnalyserResults['speech']> {
    signal.throwIfAborted();
    const sound = await openSound(await subject.sound(), subject.folder, signal);
    const transcriber = {
      pieces: this.options.pieces ?? PIECES,
      format: 'flac' as const,
      transcribe: (path: string, seconds: number) => this.transcribe(path, seconds, signal),
    };
    return transcribeInPieces(sound, transcriber, signal, onProgress);
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  /** A piece that fails is tried again by itself: what was transcribed before it is not lost, or paid for twice. */
  private async transcribe(path: string, seconds: number, signal: AbortSignal, attempt = 1): Promise<Transcript> {
    const { timeoutMs = timeoutOf, pauseMs = 2_000 } = this.options;
    const timeout = AbortSignal.timeout(timeoutMs(seconds));
    const limited = AbortSignal.any([signal, timeout]);
    try {
      return await requestTranscript({ ...this.options, path, seconds, signal: limited, agent: this.agent });
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.aborted)
        throw new AnalyserFailure('analyser_timeout', true, `no response in ${timeoutMs(seconds)} ms`);
      if (!(error instanceof BusyError)) throw error;
      const pause = error.retryAfterMs ?? pauseMs * attempt;
      if (attempt === ATTEMPTS || pause > LONGEST_PAUSE_MS)
        throw new AnalyserFailure('analyser_unavailable', true, error.message, error.retryAfterMs);
      await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
    return this.transcribe(path, seconds, signal, attempt + 1);
  }
}
