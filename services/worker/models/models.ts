/** A model for speech that can be downloaded: an archive of sherpa-onnx (tar, bzip2) with one folder. */
export interface ModelEntry {
  address: string;
  sizeBytes: number;
  sha256: string;
  /** For the list: languages, quality, licence. */
  description: string;
}

const releases = 'https://github.com/k2-fsa/sherpa-onnx/releases/download/asr-models';

/** All models, by name. */
export const models: Record<string, ModelEntry> = {
  'speech-tiny': {
    address: `${releases}/sherpa-onnx-whisper-tiny.tar.bz2`,
    sizeBytes: 116_204_861,
    sha256: 'c46116994e539aa165266d96b325252728429c12535eb9d8b6a2b10f129e66b1',
    description: 'Whisper tiny: 99 languages, fast, for drafts (MIT)',
  },
  'speech-base': {
    address: `${releases}/sherpa-onnx-whisper-base.tar.bz2`,
    sizeBytes: 207_557_382,
    sha256: '911b2083efd7c0dca2ac3b358b75222660dc09fb716d64fbfc417ba6c99ff3de',
    description: 'Whisper base: 99 languages (MIT)',
  },
  'speech-small': {
    address: `${releases}/sherpa-onnx-whisper-small.tar.bz2`,
    sizeBytes: 639_387_718,
    sha256: '486a46afbb7ba798507190ffe02fea2dd726049af212e774537efac6afb210a6',
    description: 'Whisper small: 99 languages, the best of these (MIT)',
  },
  'speech-english': {
    address: `${releases}/sherpa-onnx-moonshine-tiny-en-int8.tar.bz2`,
    sizeBytes: 107_600_538,
    sha256: 'd5fe6ec4334fef36255b2a4010412cad4c007e33103fec62fb5d17cad88086f2',
    description: 'Moonshine tiny: English only, the fastest (MIT)',
  },
};
