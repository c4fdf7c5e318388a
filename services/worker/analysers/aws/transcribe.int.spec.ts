import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiskReserve, LocalStorage } from '#platform';
import { AwsError } from '#testing';
import { AnalysisPending, type AnalysisSubject } from '../analyser';
import { aSubject } from '../analyser.contract';
import { startAccess, type TestAccess } from './aws.testing';
import { AwsSpeech } from './transcribe';

let aws: TestAccess;
let storage: LocalStorage;
const notAborted = new AbortController().signal;
const key = `derived/${aSubject().mediaId}/transcribe-1`;

beforeAll(async () => {
  aws = await startAccess({});
  storage = new LocalStorage(aws.folder, new DiskReserve(aws.folder));
  writeFileSync(join(aws.folder, 'sound.flac'), 'fLaC');
});
afterAll(() => aws.stop());
beforeEach(() => {
  for (const name of Object.keys(aws.operations)) delete aws.operations[name];
  aws.requests.length = 0;
});

const speech = () =>
  aws.open(
    new AwsSpeech({ access: aws.access, storage, bucket: 'media', prefix: 'snapstream-', pauseMs: () => 1_000 }),
  );
const sound = (overrides: Partial<AnalysisSubject> = {}) =>
  aSubject({ kind: 'audio', durationSeconds: 60, sound: async () => join(aws.folder, 'sound.flac'), ...overrides });
const job = (more: object) => ({ TranscriptionJob: { TranscriptionJobName: 'x', ...more } });
const item = (content: string, start?: string, end?: string) => ({
  type: start ? 'pronunciation' : 'punctuation',
  ...(start && { start_time: start, end_time: end }),
  alternatives: [{ confidence: '0.99', content }],
});
const transcript = {
  jobName: 'x',
  status: 'COMPLETED',
  results: {
    language_code: 'en-US',
    transcripts: [{ transcript: 'The mill. Good bye' }],
    items: [
      item('The', '0.1', '0.3'),
      item('mill', '0.3', '0.9'),
      item('.'),
      item('Good', '3.5', '4'),
      item('bye', '4', '4.4'),
    ],
  },
};
const pendingOf = (promise: Promise<unknown>) => promise.catch((error: unknown) => error) as Promise<AnalysisPending>;

describe('speech by Transcribe', () => {
  it('is a job that is started once, asked after, taken over and deleted', async () => {
    const names = new Set<unknown>();
    aws.operations.StartTranscriptionJob = ({ TranscriptionJobName: name }) => {
      if (names.has(name)) throw new AwsError('ConflictException');
      names.add(name);
      return job({ TranscriptionJobStatus: 'IN_PROGRESS' });
    };
    const analyser = speech();
    const first = await pendingOf(analyser.analyse(sound(), notAborted));
    expect(first).toBeInstanceOf(AnalysisPending);
    expect(aws.requests[0]!.input).toMatchObject({
      TranscriptionJobName: `snapstream-${aSubject().mediaId}-1`,
      Media: { MediaFileUri: `s3://media/${key}/sound.flac` },
      OutputKey: `${key}/transcript.json`,
    });
    // the worker was killed before it stored that the job has started
    expect(await pendingOf(analyser.analyse(sound(), notAborted))).toBeInstanceOf(AnalysisPending);

    aws.operations.GetTranscriptionJob = () => job({ TranscriptionJobStatus: 'IN_PROGRESS' });
    const second = await pendingOf(analyser.analyse(sound({ state: first.state }), notAborted));
    expect(second.state).not.toBe(first.state);

    writeFileSync(join(aws.folder, 'transcript.json'), JSON.stringify(transcript));
    await storage.writeFile(`${key}/transcript.json`, join(aws.folder, 'transcript.json'));
    aws.operations.GetTranscriptionJob = () => job({ TranscriptionJobStatus: 'COMPLETED', LanguageCode: 'en-US' });
    expect(await analyser.analyse(sound({ state: second.state }), notAborted)).toEqual({
      language: 'en-US',
      text: 'The mill. Good bye',
      segments: [
        { startSeconds: 0.1, endSeconds: 0.9, text: 'The mill.' },
        { startSeconds: 3.5, endSeconds: 4.4, text: 'Good bye' },
      ],
    });
    expect(aws.requests.at(-1)!.operation).toBe('DeleteTranscriptionJob');
    expect(await storage.stat(`${key}/sound.flac`)).toBeNull();
    expect(await storage.stat(`${key}/transcript.json`)).toBeNull();
  });

  it('that was taken over in part is taken over again, not paid again', async () => {
    aws.operations.GetTranscriptionJob = () => {
      throw new AwsError('BadRequestException', "The requested job couldn't be found.");
    };
    writeFileSync(join(aws.folder, 'transcript.json'), JSON.stringify(transcript));
    await storage.writeFile(`${key}/transcript.json`, join(aws.folder, 'transcript.json'));
    expect((await speech().analyse(sound({ state: '3' }), notAborted)).segments).toHaveLength(2);
    expect(aws.requests.map(({ operation }) => operation)).not.toContain('StartTranscriptionJob');
  });

  it.each([
    ['Your audio file must have a speech segment long enough in duration', null],
    ['The media format provided does not match the detected media format.', ['analyser_refused', false]],
    ['Invalid file size: file size too large.', ['too_large', false]],
    ['Internal failure. Try again later.', ['analyser_unavailable', true]],
  ] as const)('that failed (%s) ends by the reason, without a rest', async (FailureReason, expected) => {
    aws.operations.GetTranscriptionJob = () => job({ TranscriptionJobStatus: 'FAILED', FailureReason });
    const result = speech().analyse(sound({ state: '0' }), notAborted);
    if (expected) await expect(result).rejects.toMatchObject({ code: expected[0], isRetryable: expected[1] });
    else expect(await result).toEqual({ language: null, text: '', segments: [] });
    expect(aws.requests.at(-1)!.operation).toBe('DeleteTranscriptionJob');
  });

  it('of a medium that was deleted is deleted, too, and a sound that is too long is not sent', async () => {
    aws.operations.DeleteTranscriptionJob = () => {
      throw new AwsError('NotFoundException');
    };
    await speech().discard({ mediaId: aSubject().mediaId, run: 1 });
    expect(aws.requests).toHaveLength(1);
    const long = speech().analyse(sound({ durationSeconds: 5 * 3_600 }), notAborted);
    await expect(long).rejects.toMatchObject({ code: 'too_large' });
  });
});
