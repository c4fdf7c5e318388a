import { crc32 } from 'node:zlib';

/** The PNG with chunks after its header. */
export function withChunks(png: Buffer, ...chunks: [string, Buffer][]): Buffer {
  const encoded = chunks.map(([type, data]) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    return Buffer.concat([uint32(data.length), body, uint32(crc32(body))]);
  });
  return Buffer.concat([png.subarray(0, 33), ...encoded, png.subarray(33)]);
}

/** Big-endian numbers of 32 bits. */
export function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32BE(value, 4 * i));
  return bytes;
}

/** A profile of a monochrome display with gamma 1 (ICC.1:2001-04, 6.3.2.1). */
export function linearGreyProfile(): Buffer {
  const d50 = uint32(0xf6d6, 0x10000, 0xd32d);
  const tags: [string, Buffer][] = [
    ['desc', Buffer.concat([Buffer.from('desc\0\0\0\0\0\0\0\x02g', 'latin1'), Buffer.alloc(79)])],
    ['cprt', Buffer.from('text\0\0\0\0none\0\0\0\0', 'latin1')],
    ['wtpt', Buffer.concat([Buffer.from('XYZ \0\0\0\0', 'latin1'), d50])],
    ['kTRC', Buffer.from('curv\0\0\0\0\0\0\0\x01\x01\0\0\0', 'latin1')],
  ];
  const header = Buffer.alloc(128);
  header.write('\x02\x40\0\0mntrGRAYXYZ ', 8, 'latin1');
  header.write('acsp', 36, 'latin1');
  d50.copy(header, 68);
  let at = header.length + 4 + 12 * tags.length;
  const table = tags.map(([name, data]) => {
    const entry = Buffer.concat([Buffer.from(name, 'latin1'), uint32(at, data.length)]);
    at += data.length;
    return entry;
  });
  header.writeUInt32BE(at, 0);
  return Buffer.concat([header, uint32(tags.length), ...table, ...tags.map(([, data]) => data)]);
}

/** A TIFF of 32 x 32 opaque pixels of one colour in CIE L*a*b* with 16 bits (TIFF 6.0, section 23). */
export function labTiffWithAlpha([lightness, a, b]: [number, number, number]): Buffer {
  const side = 32;
  const pixel = Buffer.from(Uint16Array.of(lightness * 655.35, a * 256, b * 256, 0xffff).buffer);
  const pixels = Buffer.concat(Array<Buffer>(side * side).fill(pixel));
  const bits = Buffer.from(Uint16Array.of(16, 16, 16, 16).buffer);
  const [short, long, cieLab, unassociatedAlpha] = [3, 4, 8, 2];
  const entries = [
    [256, short, 1, side],
    [257, short, 1, side],
    [258, short, 4, 8 + pixels.length],
    [262, short, 1, cieLab],
    [273, long, 1, 8],
    [277, short, 1, 4],
    [278, short, 1, side],
    [279, long, 1, pixels.length],
    [338, short, 1, unassociatedAlpha],
  ] as const;
  const directory = entries.map(([tag, type, count, value]) => {
    return Buffer.concat([
      Buffer.from(Uint16Array.of(tag, type).buffer),
      Buffer.from(Uint32Array.of(count, value).buffer),
    ]);
  });
  const start = Buffer.concat([Buffer.from('II*\0'), Buffer.from(Uint32Array.of(16 + pixels.length).buffer)]);
  const end = Buffer.alloc(4);
  return Buffer.concat([start, pixels, bits, Buffer.from(Uint16Array.of(entries.length).buffer), ...directory, end]);
}
