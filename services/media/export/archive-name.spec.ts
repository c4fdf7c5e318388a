import { archiveName } from './archive-name';

const id = '01KBXYZ0000000000000000000';
const named = (filename: string) =>
  archiveName({ id, filename, contentType: filename.endsWith('.mp4') ? 'video/mp4' : 'image/jpeg' });

describe('archiveName', () => {
  it.each([
    ['holiday.jpg', `originals/holiday-${id}.jpg`],
    ['no ending', `originals/no ending-${id}.jpg`],
    ['a.tar.gz', `originals/a.tar.gz-${id}.jpg`],
    ['Straße – 日本.JPEG', `originals/Straße – 日本-${id}.JPEG`],
    ['../../etc/passwd', `originals/_.._etc_passwd-${id}.jpg`],
    ['C:\\nul:"<x>|?*.mp4', `originals/C__nul___x____-${id}.mp4`],
    ['.htaccess', `originals/htaccess-${id}.jpg`],
    ['-rf', `originals/rf-${id}.jpg`],
    [' .jpg', `originals/unnamed-${id}.jpg`],
  ])('turns %j into %j', (filename, expected) => {
    expect(named(filename)).toBe(expected);
  });

  it('stays below the 255 bytes of a file system, also with multi-byte characters', () => {
    expect(Buffer.byteLength(named(`${'🎉'.repeat(250)}.jpg`).slice('originals/'.length))).toBeLessThanOrEqual(255);
  });
});
