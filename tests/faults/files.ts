import { randomBytes } from 'node:crypto';
import type { MediaKind } from '#contracts';
import { makeFlac, makeJpeg, makeMp4, makePng, makeWav } from '#testing';

export interface TestFile {
  /** No two uploads have the same: it is what finds them again. */
  name: string;
  bytes: Buffer<ArrayBuffer>;
  /** It can be processed. */
  isGood: boolean;
}

interface Model {
  extension: string;
  bytes: Promise<Buffer>;
  isGood: boolean;
  /** Readers ignore what follows the end, so that no two files are alike. */
  takesTail: boolean;
}

const model = (extension: string, bytes: Promise<Buffer>, { isGood = true, takesTail = false } = {}): Model => ({
  extension,
  bytes,
  isGood,
  takesTail,
});

/** Small ones, processed at once. */
const quick = () => [
  model('jpg', makeJpeg({ width: 96, height: 64 }), { takesTail: true }),
  model('png', makePng({ width: 64, height: 48 })),
  model('wav', makeWav({ seconds: 0.5 })),
  model('mp4', makeMp4({ seconds: 0.5, width: 96, height: 64, framesPerSecond: 10 })),
  model('jpg', brokenJpeg(), { isGood: false }),
];

/** Ones that keep a worker busy for a second or more: of codecs that browsers do not play. */
const slow: Record<MediaKind, () => Model> = {
  image: () => model('jpg', makeJpeg({ width: 4_000, height: 3_000 }), { takesTail: true }),
  audio: () => model('flac', makeFlac({ seconds: 120 })),
  video: () => model('mp4', makeMp4({ seconds: 8, width: 640, height: 360, videoCodec: 'mpeg4' })),
};

/** A picture that looks like one from outside and is none. */
async function brokenJpeg(): Promise<Buffer> {
  const picture = await makeJpeg({ width: 96, height: 64 });
  return Buffer.concat([picture.subarray(0, picture.length / 2), Buffer.alloc(64)]);
}

/** Files without end; each of the underlying media is made once. */
export class Files {
  private readonly quick: Model[] = quick();
  private readonly slow = new Map<MediaKind, Model>();
  private made = 0;

  /** One of the small files; `at` decides which. */
  some(at: number): Promise<TestFile> {
    return this.make(this.quick[at % this.quick.length]!);
  }

  good(): Promise<TestFile> {
    return this.make(this.quick[0]!);
  }

  broken(): Promise<TestFile> {
    return this.make(this.quick.at(-1)!);
  }

  long(kind: MediaKind): Promise<TestFile> {
    const found = this.slow.get(kind) ?? slow[kind]();
    this.slow.set(kind, found);
    return this.make(found);
  }

  private async make({ extension, bytes, isGood, takesTail }: Model): Promise<TestFile> {
    const name = `${(this.made += 1)}.${extension}`;
    const tail = takesTail ? randomBytes(24) : Buffer.alloc(0);
    return { name, isGood, bytes: Buffer.concat([await bytes, tail]) };
  }
}
