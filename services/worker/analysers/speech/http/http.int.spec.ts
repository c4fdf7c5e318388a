import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTranscriptionServer, type TranscriptionReply, type TranscriptionServer } from '#testing';
import type { Analyser } from '../../analyser';
import { aSubject, describeAnalyser } from '../../analyser.contract';
import { expected, openAi } from './answers.testing';
import { HttpSpeech, type HttpSpeechOptions } from './http';

let folder: string;
let sound: string;
let server: TranscriptionServer;
let latest: Analyser<'speech'>;
const opened: Array<() => Promise<void>> = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'speech-'));
  sound = join(folder, 'sound.flac');
  // 12 s: a tone, silence from 5 s to 7 s, a tone
  const source = ['-f', 'lavfi', '-i', "aevalsrc='if(between(t,5,7),0,0.4*sin(2*PI*300*t))':d=12:s=16000"];
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...source, '-ac', '1', sound]);
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  await Promise.all(opened.splice(0).map((close) => close()));
});

const subject = (overrides = {}) =>
  aSubject({ kind: 'audio', durationSeconds: 12, folder, sound: () => Promise.resolve(sound), ...overrides });

/** An adapter for a server that replies so to each request in turn, and to all that follow as to the last. */
async function speech(replies: Array<TranscriptionReply | null>, options: Partial<HttpSpeechOptions> = {}) {
  server = await startTranscriptionServer((_, index) => replies[Math.min(index, replies.length - 1)]!);
  const adapter = new HttpSpeech({ url: server.url, apiKey: 'sk-test', model: 'whisper-1', pauseMs: 1, ...options });
  opened.push(server.stop, () => adapter.close());
  latest = adapter;
  return adapter;
}
const analyse = async (analyser: Analyser<'speech'>, onProgress: (percent: number) => void = () => {}) =>
  analyser.analyse(subject(), new AbortController().signal, onProgress);

describeAnalyser('speech', {
  analyser: () => latest,
  subjectOf: async () => (await speech([{ body: openAi }]), subject()),
});

describe('speech by a transcription server', () => {
  it('is sent in pieces, whose times are those of the whole, with progress', async () => {
    const progress: number[] = [];
    const analyser = await speech([{ body: openAi }], { pieces: { shortestSeconds: 4, longestSeconds: 8 } });
    const { segments } = await analyse(analyser, (percent) => progress.push(percent));
    expect(server.requests).toHaveLength(2);
    expect(segments.map(({ text }) => text)).toEqual(['The old mill.', 'The old mill.', 'Good bye.']);
    expect(segments[1]!.startSeconds).toBeGreaterThan(5);
    expect(segments[1]!.startSeconds).toBeLessThan(7);
    expect(progress).toEqual([expect.any(Number), 100]);
  });

  it('of which nothing was said is empty: no request for silence, no invented words', async () => {
    const silent = { start: 5.5, end: 6.5, text: 'Thanks for watching!' };
    const unsure = { start: 8, end: 9, text: 'Hm.', no_speech_prob: 0.9, avg_logprob: -1.5 };
    const analyser = await speech([{ body: { language: 'en', text: 'x', segments: [silent, unsure] } }]);
    expect(await analyse(analyser)).toEqual({ language: null, text: '', segments: [] });

    const quiet = join(folder, 'quiet.flac');
    execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'anullsrc=r=16000:cl=mono:d=3', quiet]);
    const empty = await analyser.analyse(subject({ sound: async () => quiet }), new AbortController().signal, () => {});
    expect(empty.segments).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  it('is asked for again, piece by piece, while the server is busy', async () => {
    const busy = { status: 503, body: { status: 'loading model' } };
    expect(await analyse(await speech([busy, busy, { body: openAi }]))).toEqual(expected);
    await expect(analyse(await speech([busy]))).rejects.toMatchObject({
      code: 'analyser_unavailable',
      isRetryable: true,
    });
    expect(server.requests).toHaveLength(3);
  });

  it('leaves the worker while the server is busy for long', async () => {
    const busy = { status: 503, headers: { 'retry-after': '600' }, body: '' };
    await expect(analyse(await speech([busy]))).rejects.toMatchObject({
      code: 'analyser_unavailable',
      retryAfterMs: 600_000,
    });
    expect(server.requests).toHaveLength(1);
  });

  it('gives up a server that does not respond, and one that does not exist', async () => {
    const hanging = await speech([null], { timeoutMs: () => 50 });
    await expect(analyse(hanging)).rejects.toMatchObject({ code: 'analyser_timeout', isRetryable: true });
    const absent = await speech([null]);
    await server.stop();
    await expect(analyse(absent)).rejects.toMatchObject({ code: 'analyser_unavailable', isRetryable: true });
  });

  it('ends a request when the worker stops', async () => {
    const stop = new AbortController();
    const analyser = await speech([null]);
    const running = analyser.analyse(subject(), stop.signal, () => {});
    setTimeout(() => stop.abort(new Error('shutdown')), 50);
    await expect(running).rejects.toThrow('shutdown');
  });
});
