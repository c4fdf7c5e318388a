import { text as readText } from 'node:stream/consumers';
import type { TranscribeClient, TranscriptionJob } from '@aws-sdk/client-transcribe';
import type { AnalyserResults } from '#contracts';
import { derivedFolder } from '#media';
import { ObjectMissingError, type Storage } from '#platform';
import { type Analyser, AnalyserFailure, AnalysisPending, type AnalysisSubject } from '../analyser';
import { type AwsAccess, call, clientOptions } from './call';
import { parseTranscribed } from './transcribed';

export interface TranscribeOptions {
  access: AwsAccess;
  /** The storage in this bucket, which is in the region of `access`. */
  storage: Storage;
  bucket: string;
  /** Of the names of jobs: installations may share an account. */
  prefix: string;
  /** Pause before a job is asked after again. */
  pauseMs?: (polls: number) => number;
}

type Run = Pick<AnalysisSubject, 'mediaId' | 'run'>;

/** https://docs.aws.amazon.com/transcribe/latest/dg/limits-guidelines.html */
const MAX_SECONDS = 4 * 3_600;
/** 10 s, doubled up to 2 minutes: far below the quota of 20 requests a second. */
const pauseAfter = (polls: number) => Math.min(10_000 * 2 ** polls, 120_000);
/** Reasons of a failed job that are no failures: there is no speech, or too little to recognize its language. */
const NO_SPEECH = /speech segment|no speech|identify the language/i;
const TOO_LARGE = /too (large|long)|exceeds/i;
const INTERNAL = /internal|try again later/i;

/**
 * Speech by jobs of Transcribe. A job is named after the medium and the run, so that it is started and paid once; a
 * delayed delivery asks after it, and no worker waits. Job and objects are deleted when the result is taken over.
 */
export class AwsSpeech implements Analyser<'speech'> {
  readonly provider = 'aws';
  readonly model = 'Transcribe';
  private client: Promise<TranscribeClient> | null = null;

  constructor(private readonly options: TranscribeOptions) {}

  async analyse(subject: AnalysisSubject, signal: AbortSignal): Promise<AnalyserResults['speech']> {
    signal.throwIfAborted();
    if ((subject.durationSeconds ?? 0) > MAX_SECONDS) throw new AnalyserFailure('too_large', false, 'over 4 hours');
    const job = subject.state === null ? null : await this.find(subject, signal);
    if (job?.TranscriptionJobStatus === 'COMPLETED') return this.takeOver(subject, job.LanguageCode ?? null, signal);
    if (!job && subject.state !== null && (await this.options.storage.stat(this.transcriptOf(subject))))
      return this.takeOver(subject, null, signal); // a delivery that was interrupted has deleted the job
    if (job?.TranscriptionJobStatus === 'FAILED') return this.fail(subject, job, signal);
    if (!job) await this.start(subject, signal);
    const polls = job ? Number(subject.state) + 1 : 0;
    throw new AnalysisPending(new Date(Date.now() + (this.options.pauseMs ?? pauseAfter)(polls)), String(polls));
  }

  async discard(run: Run): Promise<void> {
    await this.erase(run, new AbortController().signal);
  }

  async close(): Promise<void> {
    (await this.client)?.destroy();
  }

  private nameOf = ({ mediaId, run }: Run) => `${this.options.prefix}${mediaId}-${run}`;
  /** Among the derived files, so that it is deleted with the medium, or as an orphan. */
  private folderOf = ({ mediaId, run }: Run) => derivedFolder(mediaId, `transcribe-${run}`);
  private transcriptOf = (run: Run) => `${this.folderOf(run)}transcript.json`;

  private async start(subject: AnalysisSubject, signal: AbortSignal): Promise<void> {
    const { access, bucket, storage } = this.options;
    const folder = this.folderOf(subject);
    await storage.writeFile(`${folder}sound.flac`, await subject.sound(), { contentType: 'audio/flac' });
    const { StartTranscriptionJobCommand, ConflictException } = await import('@aws-sdk/client-transcribe');
    const command = new StartTranscriptionJobCommand({
      TranscriptionJobName: this.nameOf(subject),
      Media: { MediaFileUri: `s3://${bucket}/${folder}sound.flac` },
      MediaFormat: 'flac',
      IdentifyLanguage: true,
      OutputBucketName: bucket,
      OutputKey: this.transcriptOf(subject),
    });
    const client = await this.open();
    await call(access, 'StartTranscriptionJob', signal, () =>
      client.send(command, { abortSignal: signal }).catch((error: unknown) => {
        if (!(error instanceof ConflictException)) throw error; // an earlier delivery has started it
      }),
    );
  }

  /** Returns null when there is no such job. */
  private async find(run: Run, signal: AbortSignal): Promise<TranscriptionJob | null> {
    const { GetTranscriptionJobCommand } = await import('@aws-sdk/client-transcribe');
    const client = await this.open();
    const command = new GetTranscriptionJobCommand({ TranscriptionJobName: this.nameOf(run) });
    return call(this.options.access, 'GetTranscriptionJob', signal, () =>
      client.send(command, { abortSignal: signal }).then(
        ({ TranscriptionJob: job }) => job ?? null,
        (error: unknown) => {
          if (!isMissing(error)) throw error;
          return null;
        },
      ),
    );
  }

  private async readTranscript(run: Run): Promise<string> {
    try {
      return await readText(await this.options.storage.read(this.transcriptOf(run)));
    } catch (error) {
      if (!(error instanceof ObjectMissingError)) throw error;
      throw new AnalyserFailure('analyser_unavailable', true, 'the job has completed without a transcript');
    }
  }

  private async takeOver(run: Run, language: string | null, signal: AbortSignal): Promise<AnalyserResults['speech']> {
    const json = await this.readTranscript(run);
    const result = parseTranscribed(json, language);
    await this.erase(run, signal);
    return result;
  }

  private async fail(run: Run, { FailureReason: reason = '' }: TranscriptionJob, signal: AbortSignal) {
    await this.erase(run, signal); // another run, or an attempt after an internal error, starts another job
    if (NO_SPEECH.test(reason)) return { language: null, text: '', segments: [] };
    if (INTERNAL.test(reason)) throw new AnalyserFailure('analyser_unavailable', true, reason);
    throw new AnalyserFailure(TOO_LARGE.test(reason) ? 'too_large' : 'analyser_refused', false, reason);
  }

  private async erase(run: Run, signal: AbortSignal): Promise<void> {
    const { DeleteTranscriptionJobCommand } = await import('@aws-sdk/client-transcribe');
    const client = await this.open();
    const command = new DeleteTranscriptionJobCommand({ TranscriptionJobName: this.nameOf(run) });
    await call(this.options.access, 'DeleteTranscriptionJob', signal, () =>
      client.send(command, { abortSignal: signal }).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      }),
    );
    await this.options.storage.deletePrefix(this.folderOf(run));
  }

  private open(): Promise<TranscribeClient> {
    this.client ??= import('@aws-sdk/client-transcribe').then(
      ({ TranscribeClient: Client }) => new Client(clientOptions(this.options.access)),
    );
    return this.client;
  }
}

/** The API reports a job that does not exist as a bad request, too. */
const isMissing = (error: unknown) => {
  const { name, message } = error as Error;
  return name === 'NotFoundException' || (name === 'BadRequestException' && /couldn.t be found/.test(message));
};
