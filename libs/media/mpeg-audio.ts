/** How many frames must follow each other: fewer occur by chance in random bytes. */
const MIN_FRAMES = 4;
/** Remains of a frame or of another program before the first frame; zeros before it are not limited. */
const MAX_JUNK_BYTES = 4_096;

/**
 * Finds MPEG audio behind zeros, tags or a frame that was cut off, as recorders and editors leave them. Package
 * file-type can search too (`mpegOffsetTolerance`), but accepts a single header, which most random bytes contain.
 * @returns the content type, or null when no chain of frames begins near the start
 */
export function findsMpegAudio(head: Buffer): 'audio/mpeg' | 'audio/aac' | null {
  const start = endOfZeros(head, endOfTags(head, endOfZeros(head, 0)));
  for (let at = start; at < Math.min(head.length, start + MAX_JUNK_BYTES); at += 1) {
    if (isChain(head, at)) return isAdts(head, at) ? 'audio/aac' : 'audio/mpeg';
  }
  return null;
}

function endOfZeros(head: Buffer, start: number): number {
  let at = start;
  while (head[at] === 0) at += 1;
  return at;
}

/** ID3v2 (id3.org, "ID3v2 header"): a size of four times 7 bits, without the 10 bytes of the header. */
function endOfTags(head: Buffer, start: number): number {
  let at = start;
  while (at + 10 <= head.length && head.toString('latin1', at, at + 3) === 'ID3') {
    at += 10 + head.subarray(at + 6, at + 10).reduce((size, byte) => size * 128 + (byte & 0x7f), 0);
  }
  return at;
}

function isChain(head: Buffer, start: number): boolean {
  let at = start;
  for (let frames = 0; frames < MIN_FRAMES; frames += 1) {
    const bytes = isOfStream(head, start, at) ? frameBytes(head, at) : 0;
    if (bytes === 0) return false;
    at += bytes;
  }
  return true;
}

/** Version, layer and sample rate are the same in all frames of a stream. */
const isOfStream = (head: Buffer, start: number, at: number) =>
  at + 6 <= head.length &&
  ((head[at + 1]! ^ head[start + 1]!) & 0xfe) === 0 &&
  ((head[at + 2]! ^ head[start + 2]!) & 0x0c) === 0;

/** ISO 14496-3, 1.A.3.2: the sync word, then the layer, which is always 0. */
const isAdts = (head: Buffer, at: number) => head[at] === 0xff && (head[at + 1]! & 0xf6) === 0xf0;

/** Bit rates in kbit/s by their index (ISO 11172-3, 2.4.2.3; ISO 13818-3, 2.4.2.3). */
const V1_RATES = [
  [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
];
const V2_RATES = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const V2_LAYER1_RATES = [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256];
const SAMPLE_RATES = [44_100, 48_000, 32_000];

/** The length of the frame at a position; 0 when there is no frame header. */
function frameBytes(head: Buffer, at: number): number {
  const [, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0] = head.subarray(at, at + 6);
  if (isAdts(head, at)) return ((third >> 2) & 15) < 13 ? ((fourth & 3) << 11) | (fifth << 3) | (sixth >> 5) : 0;
  const [version, layer] = [(second >> 3) & 3, (second >> 1) & 3]; // 3: version 1, 2: version 2, 0: version 2.5
  if (head[at] !== 0xff || second < 0xe0 || version === 1 || layer === 0) return 0;
  const rates = version === 3 ? V1_RATES[layer - 1] : layer === 3 ? V2_LAYER1_RATES : V2_RATES;
  const kilobits = rates?.[(third >> 4) - 1];
  const fullRate = SAMPLE_RATES[(third >> 2) & 3];
  if (!kilobits || !fullRate) return 0;
  const hertz = fullRate / { 3: 1, 2: 2, 0: 4 }[version]!;
  const padding = (third >> 1) & 1;
  if (layer === 3) return 4 * (Math.floor((12_000 * kilobits) / hertz) + padding);
  return Math.floor(((layer === 1 && version !== 3 ? 72_000 : 144_000) * kilobits) / hertz) + padding;
}
