import { isHeic } from './formats';
import { foreignFormat, type ForeignFormat } from './sniff';

const bytes = (...parts: (string | number[])[]) =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'string' ? Array.from(new TextEncoder().encode(part)) : part)),
  );

test.each<[ForeignFormat, Uint8Array]>([
  ['pdf', bytes('%PDF-1.7\n', [0xe2, 0xe3])],
  ['zip', bytes('PK', [3, 4, 20, 0])],
  ['archive', bytes([0x1f, 0x8b, 8, 0])],
  ['program', bytes('MZ', [0x90, 0])],
  ['text', bytes('dear diary\r\n')],
  ['text', bytes('schön')],
  ['svg', bytes('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">')],
  ['playlist', bytes('#EXTM3U\n#EXTINF:1,\nhttp://x')],
  ['webPage', bytes('<!DOCTYPE html><p>Hello')],
])('rejects %s', (format, head) => {
  expect(foreignFormat(head)).toBe(format);
});

test.each<[string, Uint8Array]>([
  ['jpg', bytes([0xff, 0xd8, 0xff, 0xe0])],
  ['png', bytes([0x89], 'PNG\r\n', [0x1a, 0x0a])],
  ['gif', bytes('GIF89a', [0x10, 0, 0x10, 0])],
  ['mp4', bytes([0, 0, 0, 0x20], 'ftypisom')],
  ['mp3 with a tag', bytes('ID3', [3, 0, 0, 0, 0, 0x21])],
  ['mp3 without a tag', bytes([0xff, 0xfb, 0x90, 0x44])],
  ['wav', bytes('RIFF', [0x24, 8, 0, 0], 'WAVEfmt ')],
  ['an unknown format', bytes([0x00, 0x01, 0x02])],
])('leaves %s to the server', (_, head) => {
  expect(foreignFormat(head)).toBeNull();
});

/** The first box of a file, and the beginning of the next one. */
function ftyp(brands: string): Uint8Array {
  const [major = '', ...compatible] = brands.split(' ');
  const length = [0, 0, 0, 16 + 4 * compatible.length];
  return bytes(length, 'ftyp', major, [0, 0, 0, 0], ...compatible, [0, 0, 0, 40], 'metaavif');
}

test.each(['heic mif1 heic', 'heix', 'hevc msf1', 'mif1 heic miaf', 'msf1 hevc', 'mif1'])('%s is HEIC', (brands) => {
  expect(isHeic(ftyp(brands))).toBe(true);
});

test.each(['avif mif1', 'avis msf1', 'mif1 avif miaf', 'msf1 avis', 'isom mp41'])('%s is not HEIC', (brands) => {
  expect([isHeic(ftyp(brands)), foreignFormat(ftyp(brands))]).toEqual([false, null]);
});

test('a head that ends too early is not HEIC', () => {
  expect([isHeic(bytes()), isHeic(bytes([0, 0, 0, 24], 'ftyp'))]).toEqual([false, false]);
});
