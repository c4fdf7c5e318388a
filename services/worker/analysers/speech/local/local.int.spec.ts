import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aSubject, describeAnalyser } from '../../analyser.contract';
import { LocalSpeech } from './local';
import { findModel } from './model-folder';
import { toTranscript } from './recognized';
import { writeTinyModel } from './tiny-model.testing';

let folder: string;
let speech: LocalSpeech;
const noise = (seed: number) => `anoisesrc=d=2:r=16000:a=0.5:seed=${seed}`;
const notAborted = new AbortController().signal;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'local-speech-'));
  mkdirSync(join(folder, 'tiny'));
  writeTinyModel(join(folder, 'tiny'));
  speech = new LocalSpeech(join(folder, 'tiny'), folder);
  const low = `${noise(1)},lowpass=f=900:p=2,lowpass=f=900[low]`;
  const high = `${noise(2)},highpass=f=2500,highpass=f=2500,adelay=2000[high]`; // after 2 s of silence
  const graph = `${low};${high};[low][high]concat=v=0:a=1`;
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', graph, '-ac', '1', join(folder, 'sound.flac')]);
});
afterAll(async () => {
  await speech.close();
  rmSync(folder, { recursive: true });
});

const subject = () =>
  aSubject({ kind: 'audio', durationSeconds: 6, folder, sound: async () => join(folder, 'sound.flac') });

describe('speech by a model on this machine', () => {
  describeAnalyser('speech', { analyser: () => speech, subjectOf: subject });

  it('is what the model recognizes, with its times', async () => {
    const { segments } = await speech.analyse(subject(), notAborted, () => {});
    expect(segments.map(({ text }) => text)).toEqual(['low', 'high']);
    expect(segments[0]!.startSeconds).toBeLessThan(1);
    expect(segments[1]!.startSeconds).toBeGreaterThan(3.5);
    expect(segments[1]!.startSeconds).toBeLessThan(4.5);
  });

  it('without a model waits for the operator, and says what to do', async () => {
    const missing = new LocalSpeech(join(folder, 'none'), folder);
    const failed = missing.analyse(subject(), notAborted, () => {});
    await expect(failed).rejects.toMatchObject({ code: 'analyser_unavailable', isRetryable: true });
    await expect(failed).rejects.toThrow(/npm run models -- get/);
  });
});

describe('the words of a model', () => {
  const recognized = { text: 'Good day. How are you', lang: '<|en|>' };

  it('are segments by sentence and pause', () => {
    const tokens = ['▁Good', '▁da', 'y', '.', '▁How', '▁are', '▁you'];
    const timestamps = [0.5, 0.8, 0.9, 1, 1.1, 4, 4.2];
    expect(toTranscript({ ...recognized, tokens, timestamps }, 5)).toEqual({
      language: 'en',
      segments: [
        { startSeconds: 0.5, endSeconds: 1.3, text: ' Good day.' },
        { startSeconds: 1.1, endSeconds: expect.closeTo(1.4), text: ' How' },
        { startSeconds: 4, endSeconds: 4.5, text: ' are you' },
      ],
    });
  });

  it('without times are one segment', () => {
    const { segments } = toTranscript({ ...recognized, tokens: [], timestamps: [] }, 5);
    expect(segments).toEqual([{ startSeconds: 0, endSeconds: 5, text: recognized.text }]);
    expect(toTranscript({ text: ' ', lang: '', tokens: [], timestamps: [] }, 5)).toEqual({
      language: null,
      segments: [],
    });
  });
});

describe('a folder of a model', () => {
  it('is recognized by the names of its files, the smaller of two first', () => {
    expect(findModel(join(folder, 'tiny'))).toEqual({
      tokens: join(folder, 'tiny/tokens.txt'),
      nemoCtc: { model: join(folder, 'tiny/model.onnx') },
    });
    const whisper = join(folder, 'whisper');
    mkdirSync(whisper);
    for (const name of ['small-encoder.onnx', 'small-encoder.int8.onnx', 'small-decoder.int8.onnx', 'small-tokens.txt'])
      execFileSync('touch', [join(whisper, name)]);
    expect(findModel(whisper)).toEqual({
      tokens: join(whisper, 'small-tokens.txt'),
      whisper: {
        encoder: join(whisper, 'small-encoder.int8.onnx'),
        decoder: join(whisper, 'small-decoder.int8.onnx'),
        task: 'transcribe',
      },
    });
    expect(() => findModel(folder)).toThrow(/no model for speech/);
  });
});
