import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DerivedFile } from '#contracts';
import { type Input, stream } from '../ffmpeg/ffmpeg';
import type { Pixels } from '../image/picture';
import { PeakMeter, PEAKS_SAMPLE_RATE } from './peaks';

const PEAKS = 400;

export interface DecodedAudio {
  peaks: number[];
  /** Counted in decoded samples: what actually plays. */
  durationSeconds: number;
}

/** Decodes one audio stream and returns its peaks and duration. @throws {MediaFailure} when it cannot be decoded */
export async function measureAudio(
  input: Input,
  streamIndex: number,
  onSeconds?: (seconds: number) => void,
): Promise<DecodedAudio> {
  const meter = new PeakMeter();
  const options = [
    '-map',
    `0:${streamIndex}`,
    '-vn',
    '-ac',
    '1',
    '-ar',
    String(PEAKS_SAMPLE_RATE),
    '-c:a',
    'pcm_s16le',
    '-f',
    's16le',
  ];
  await stream(input, options, (chunk) => {
    meter.add(chunk);
    onSeconds?.(meter.durationSeconds);
  });
  return { peaks: meter.peaks(PEAKS), durationSeconds: meter.durationSeconds };
}

export async function writeWaveform(decoded: DecodedAudio, outputDir: string): Promise<DerivedFile> {
  await writeFile(join(outputDir, 'waveform.json'), JSON.stringify(decoded));
  return { name: 'waveform.json', contentType: 'application/json' };
}

const WIDTH = 480;
const HEIGHT = 240;
/** Deep and light ultramarine: visible on light and dark pages. */
const BACKGROUND = [35, 38, 77] as const;
const BAR = [142, 153, 255] as const;
const BAR_STEP = 6;
const BAR_WIDTH = 4;

/** Draws the peaks as bars around the middle, scaled to the loudest, as a thumbnail. */
export function drawWaveform({ peaks }: DecodedAudio): Pixels {
  const data = Buffer.alloc(WIDTH * HEIGHT * 3);
  const loudest = Math.max(...peaks, 0.001);
  for (let x = 0; x < WIDTH; x += 1) {
    const peak = peaks[Math.floor((Math.floor(x / BAR_STEP) * BAR_STEP * peaks.length) / WIDTH)] ?? 0;
    const halfBar = x % BAR_STEP < BAR_WIDTH ? Math.max(2, (peak / loudest) * (HEIGHT * 0.36)) : 0;
    for (let y = 0; y < HEIGHT; y += 1) {
      data.set(Math.abs(y - HEIGHT / 2 + 0.5) < halfBar ? BAR : BACKGROUND, (y * WIDTH + x) * 3);
    }
  }
  return { data, width: WIDTH, height: HEIGHT, channels: 3 };
}
