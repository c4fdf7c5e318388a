import { randomBytes } from 'node:crypto';
import type { MediaKind } from '#contracts';
import { makeFlac, makeJpeg, makeMp4, makePng, makeWav } from '#testing';

export interface TestFile {
  /** Unique, so that the medium of an upload can be found by it. */
  name: string;
  bytes: Buffer<ArrayBuffer>;
  /** It can be processed. */
  isGood: boolean;
}

interface Model {
  extension: string;
  bytes: Promise<Buffer>;
  isGood: boolean;
  /** Readers ignore bytes after the end of the picture: random ones make each file unique. */
  ignoresTrailingBytes: boolean;
}

const model = (
  extension: string,
  bytes: Promise<Buffer>,
  { isGood = true, ignoresTrailingBytes = false } = {},
): Model => ({
  extension,
  bytes,
  isGood,
  ignoresTrailingBytes,
});

/** Small files, processed in a moment. */
const quick = () => [
  model('jpg', makeJpeg({ width: 96, height: 64 }), { ignoresTrailingBytes: true }),
  model('png', makePng({ width: 64, height: 48 })),
  model('wav', makeWav({ seconds: 0.5 })),
  model('mp4', makeMp4({ seconds: 0.5, width: 96, height: 64, framesPerSecond: 10 })),
  model('jpg', brokenJpeg(), { isGood: false }),
];

/** Files that take a worker a second or more: large, or of codecs that have to be transcoded for browsers. */
const slow: Record<MediaKind, () => Model> = {
  image: () => model('jpg', makeJpeg({ width: 4_000, height: 3_000 }), { ignoresTrailingBytes: true }),
  audio: () => model('flac', makeFlac({ seconds: 120 })),
  video: () => model('mp4', makeMp4({ seconds: 8, width: 640, height: 360, videoCodec: 'mpeg4' })),
};

/** A JPEG by its first bytes, cut in half. */
async function brokenJpeg(): Promise<Buffer> {
  const picture = await makeJpeg({ width: 96, height: 64 });
  return Buffer.concat([picture.subarray(0, picture.length / 2), Buffer.alloc(64)]);
}

/** An unlimited supply of files; each underlying medium is made once. */
export class Files {
  private readonly quick: Model[] = quick();
  private readonly slow = new Map<MediaKind, Model>();
  private made = 0;

  /** Returns one of the small files; `at` decides which. */
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

  private async make({ extension, bytes, isGood, ignoresTrailingBytes }: Model): Promise<TestFile> {
    const name = `${(this.made += 1)}.${extension}`;
    const tail = ignoresTrailingBytes ? randomBytes(24) : Buffer.alloc(0);
    return { name, isGood, bytes: Buffer.concat([await bytes, tail]) };
  }
}
