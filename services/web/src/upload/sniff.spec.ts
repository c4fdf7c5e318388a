import { obviouslyUnsupported } from './sniff';

const bytes = (...parts: (string | number[])[]) => Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? Array.from(new TextEncoder().encode(part)) : part)));

test.each<[string, Uint8Array]>([
  ['a document', bytes('%PDF-1.7\n', [0xe2, 0xe3])],
  ['an archive', bytes('PK', [3, 4, 20, 0])],
  ['a program', bytes('MZ', [0x90, 0])],
  ['text', bytes('dear diary\r\n')],
  ['text with umlauts', bytes('schön')],
  ['SVG', bytes('<svg xmlns="http://www.w3.org/2000/svg">')],
  ['a playlist', bytes('#EXTM3U\n#EXTINF:1,\nhttp://x')],
])('refuses %s', (_, head) => {
  expect(obviouslyUnsupported(head)).toBe(true);
});

test.each<[string, Uint8Array]>([
  ['jpg', bytes([0xff, 0xd8, 0xff, 0xe0])],
  ['png', bytes([0x89], 'PNG\r\n', [0x1a, 0x0a])],
  ['gif', bytes('GIF89a', [0x10, 0, 0x10, 0])],
  ['mp4', bytes([0, 0, 0, 0x20], 'ftypisom')],
  ['mp3 with a tag', bytes('ID3', [3, 0, 0, 0, 0, 0x21])],
  ['mp3 without a tag', bytes([0xff, 0xfb, 0x90, 0x44])],
  ['wav', bytes('RIFF', [0x24, 8, 0, 0], 'WAVEfmt ')],
  ['what nobody knows', bytes([0x00, 0x01, 0x02])],
])('lets %s go to the server', (_, head) => {
  expect(obviouslyUnsupported(head)).toBe(false);
});
