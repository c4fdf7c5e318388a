import type {
  AnalyserName,
  AnalyserResults,
  AnalysisFailureCode,
  AnalysisProvider,
  MediaKind,
  TextSource,
} from '#contracts';

/** A still picture of the medium: the preview of an image, or a frame of a film. */
export interface Picture {
  /** A WebP or JPEG file, upright, sRGB, longest side at most 1600 pixels. */
  path: string;
  /** Where in the film, in seconds of the original; null for an image. */
  atSeconds: number | null;
}

/** A medium as an analyser sees it. Files are made when they are asked for, and deleted after the analysis. */
export interface AnalysisSubject {
  mediaId: string;
  userId: string;
  /** The number of this analysis of the medium: with the id it names the work at a provider. */
  run: number;
  kind: MediaKind;
  durationSeconds: number | null;
  /** Upright pixels of the original; null for sound. */
  width: number | null;
  height: number | null;
  /** A private folder for files of the analyser, deleted afterwards. */
  folder: string;
  /** The preview of an image; three to five frames of a film. */
  pictures(): Promise<Picture[]>;
  /** Returns the path of the sound as FLAC, 16 kHz, mono. */
  sound(): Promise<string>;
  /** Text to be read by an analyser of texts, from the best source; null without any. */
  text: { source: TextSource; content: string } | null;
  /** What an earlier delivery of this run has stored with {@link AnalysisPending}; null at first. */
  state: string | null;
}

/** Percent of the work, 0..100. */
export type OnProgress = (percent: number) => void;

/** One provider of one analyser. Implementations may keep a process or connections, which `close` ends. */
export interface Analyser<N extends AnalyserName> {
  readonly provider: AnalysisProvider;
  /** As stored with each result: it differs where results may differ. */
  readonly model: string;
  /**
   * Idempotent: a delivery that was interrupted is repeated with the same subject.
   * @throws {AnalyserFailure} with the reason
   * @throws {AnalysisPending} when the provider needs more time than a delivery should wait
   * @throws the reason of `signal` when it aborts; anything else is an error of ours and is retried
   */
  analyse(subject: AnalysisSubject, signal: AbortSignal, onProgress: OnProgress): Promise<AnalyserResults[N]>;
  /** Deletes what an unfinished run has left at the provider; called when its medium was deleted. */
  discard?(run: Pick<AnalysisSubject, 'mediaId' | 'userId' | 'run'>): Promise<void>;
  close?(): Promise<void>;
}

/** An expected failure. */
export class AnalyserFailure extends Error {
  /**
   * @param isRetryable whether the same analysis is tried again after a pause; after several attempts it fails
   * @param retryAfterMs the pause, where the provider asks for one
   */
  constructor(
    readonly code: AnalysisFailureCode,
    readonly isRetryable: boolean,
    detail = '',
    readonly retryAfterMs?: number,
  ) {
    super(detail ? `${code}: ${detail}` : code);
  }
}

/** The provider works on it: the run continues at a time, without holding a worker until then. */
export class AnalysisPending extends Error {
  /** @param state for the next delivery, at most 1000 characters */
  constructor(
    readonly continueAt: Date,
    readonly state: string,
  ) {
    super(`pending until ${continueAt.toISOString()}`);
  }
}
