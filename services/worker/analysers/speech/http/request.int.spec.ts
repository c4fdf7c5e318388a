import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTranscriptionServer, type TranscriptionReply, type TranscriptionServer } from '#testing';
import { AnalyserFailure } from '../../analyser';
import { expected, openAi, speaches, whisperCpp } from './answers.testing';
import { BusyError, openAgent, requestTranscript } from './request';

let folder: string;
let path: string;
let server: TranscriptionServer;
let reply: TranscriptionReply;
const agent = openAgent();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'request-'));
  path = join(folder, 'piece.flac');
  writeFileSync(path, 'fLaC, and the samples');
  server = await startTranscriptionServer(() => reply);
});
afterAll(async () => {
  await agent.destroy();
  await server.stop();
  rmSync(folder, { recursive: true });
});

function transcript(answer: TranscriptionReply, apiKey: string | null = 'sk-test') {
  reply = answer;
  const { signal } = new AbortController();
  return requestTranscript({ url: `${server.url}/`, apiKey, model: 'whisper-1', path, seconds: 12, signal, agent });
}
const failure = (answer: TranscriptionReply) => transcript(answer).catch((error: unknown) => error);

describe('a transcript', () => {
  it.each([
    ['OpenAI', openAi],
    ['whisper.cpp', whisperCpp],
    ['speaches', speaches],
  ])('is the same from %s', async (_, body) => {
    const { language, segments } = await transcript({ body });
    expect(language).toBe('en');
    expect(segments.map((segment) => ({ ...segment, text: segment.text.trim() }))).toEqual(expected.segments);
  });

  it('is asked for as FLAC with the key, by the names of the API', async () => {
    await transcript({ body: openAi });
    expect(server.requests.at(-1)).toEqual({
      path: '/v1/audio/transcriptions',
      authorization: 'Bearer sk-test',
      fields: { model: 'whisper-1', response_format: 'verbose_json', 'timestamp_granularities[]': 'segment' },
      file: { name: 'sound.flac', contentType: 'audio/flac', bytes: Buffer.from('fLaC, and the samples') },
    });
    await transcript({ body: openAi }, null);
    expect(server.requests.at(-1)!.authorization).toBeNull();
  });

  it('without segments is one segment', async () => {
    const segments = [{ startSeconds: 0, endSeconds: 12, text: 'All of it.' }];
    expect(await transcript({ body: { text: 'All of it.' } })).toEqual({ language: null, segments });
  });

  it.each<[string, TranscriptionReply, number | undefined]>([
    ['429', { status: 429, headers: { 'retry-after': '7' }, body: { error: { code: 'rate_limit_exceeded' } } }, 7_000],
    ['a date to wait for', { status: 503, headers: { 'retry-after': 'Mon, 01 Jan 2001 00:00:00 GMT' }, body: '' }, 0],
    ['500', { status: 500, body: 'Internal Server Error' }, undefined],
    ['no JSON', { status: 200, body: '<html>' }, undefined],
    ['nonsense', { body: { segments: [{ start: 'soon' }] } }, undefined],
  ])('may come later after %s', async (_, answer, retryAfterMs) => {
    const error = await failure(answer);
    expect(error).toBeInstanceOf(BusyError);
    expect(error).toMatchObject({ retryAfterMs });
  });

  it('is not read beyond any length that one can have', async () => {
    const error = await failure({ body: { ...openAi, text: 'x'.repeat(17 * 1024 ** 2) } });
    expect(error).toBeInstanceOf(BusyError);
    expect((error as Error).message).toMatch(/ended early/);
  });

  it.each<[string, TranscriptionReply, string, boolean]>([
    ['a wrong key', { status: 401, body: { error: { message: 'Incorrect key' } } }, 'analyser_unavailable', true],
    ['a missing model', { status: 404, body: { detail: "Model 'x' is not installed" } }, 'analyser_unavailable', true],
    ['a spent account', { status: 429, body: { error: { code: 'insufficient_quota' } } }, 'analyser_unavailable', true],
    ['a limit of size', { status: 413, body: '' }, 'too_large', false],
    ['a language', { status: 400, body: { error: { code: 'unsupported_language' } } }, 'language_unsupported', false],
    ['a refusal', { status: 400, body: { error: { message: 'Invalid file format.' } } }, 'analyser_refused', false],
    ['a refusal of FastAPI', { status: 422, body: { detail: [{ msg: 'field required' }] } }, 'analyser_refused', false],
    ['a refusal of whisper.cpp with status 200', { body: { error: 'failed to read' } }, 'analyser_refused', false],
  ])('does not come after %s', async (_, answer, code, isRetryable) => {
    const error = await failure(answer);
    expect(error).toBeInstanceOf(AnalyserFailure);
    expect(error).toMatchObject({ code, isRetryable });
  });
});
