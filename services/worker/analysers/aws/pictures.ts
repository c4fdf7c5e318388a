import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RekognitionClient } from '@aws-sdk/client-rekognition';
import type { AnalyserName, AnalyserResults } from '#contracts';
import { confinedProgram } from '../../sandbox/confined-program';
import { runProgram } from '../../sandbox/run-program';
import { type Analyser, AnalyserFailure, type AnalysisSubject, type OnProgress } from '../analyser';
import { type AwsAccess, call, clientOptions } from './call';

/** What was found in one picture. `atSeconds`: where in a film; null for an image. */
export interface Frame<Found> {
  atSeconds: number | null;
  found: Found;
}

/** One operation of Rekognition, and how its responses become a result. */
export interface PictureOperation<N extends AnalyserName, Found> {
  operation: string;
  model: string;
  send(client: RekognitionClient, image: { Bytes: Uint8Array }, signal: AbortSignal): Promise<Found>;
  toResult(frames: Array<Frame<Found>>): AnalyserResults[N];
}

/** https://docs.aws.amazon.com/rekognition/latest/dg/limits.html */
const LEAST_SIDE_PIXELS = 80;
const MAX_FRAMES = 5;

/** An analyser of pictures by the image API of Rekognition, which needs no bucket, topic or role. */
export class AwsPictures<N extends AnalyserName, Found> implements Analyser<N> {
  readonly provider = 'aws';
  readonly model: string;
  private client: Promise<RekognitionClient> | null = null;

  constructor(
    private readonly access: AwsAccess,
    private readonly operation: PictureOperation<N, Found>,
  ) {
    this.model = operation.model;
  }

  async analyse(subject: AnalysisSubject, signal: AbortSignal, onProgress: OnProgress): Promise<AnalyserResults[N]> {
    signal.throwIfAborted();
    const { width, height } = subject;
    if (Math.min(width ?? Infinity, height ?? Infinity) < LEAST_SIDE_PIXELS)
      throw new AnalyserFailure('analyser_refused', false, `smaller than ${LEAST_SIDE_PIXELS} pixels`);
    const pictures = (await subject.pictures()).slice(0, MAX_FRAMES);
    const frames: Array<Frame<Found>> = [];
    for (const { path, atSeconds } of pictures) {
      const image = { Bytes: await toJpeg(path, subject.folder, signal) };
      const client = await this.open();
      const send = () => this.operation.send(client, image, signal);
      frames.push({ atSeconds, found: await call(this.access, this.operation.operation, signal, send) });
      onProgress((100 * frames.length) / pictures.length);
    }
    return this.operation.toResult(frames);
  }

  async close(): Promise<void> {
    (await this.client)?.destroy();
  }

  /** Loaded when it is needed: 75 ms and 28 MB. */
  private open(): Promise<RekognitionClient> {
    this.client ??= import('@aws-sdk/client-rekognition').then(
      ({ RekognitionClient: Client }) => new Client(clientOptions(this.access)),
    );
    return this.client;
  }
}

/** Rekognition reads JPEG and PNG of at most 5 MiB; previews are WebP or JPEG of at most 1600 pixels. */
async function toJpeg(path: string, folder: string, signal: AbortSignal): Promise<Uint8Array> {
  const target = join(folder, 'picture.jpg');
  await rm(target, { force: true });
  const ffmpeg = await confinedProgram('ffmpeg', { input: dirname(path), output: folder });
  const options = ['-nostdin', '-loglevel', 'error', '-i', path, '-frames:v', '1', '-q:v', '3', target];
  await runProgram('ffmpeg', [...ffmpeg, ...options], signal);
  return readFile(target);
}
