import { archiveName } from './archive-name';

const id = '01KBXYZ0000000000000000000';
const named = (filename: string) => archiveName({ id, filename });

describe('archiveName', () => {
  it.each([
    ['holiday.jpg', `originals/holiday-${id}.jpg`],
    ['no ending', `originals/no ending-${id}`],
    ['a.tar.gz', `originals/a.tar-${id}.gz`],
    ['Straße – 日本.PNG', `originals/Straße – 日本-${id}.PNG`],
    ['../../etc/passwd', `originals/_.._etc_passwd-${id}`],
    ['C:\\nul:"<x>|?*.mp4', `originals/C__nul___x____-${id}.mp4`],
    ['.htaccess', `originals/htaccess-${id}`],
    ['-rf', `originals/rf-${id}`],
    [' .jpg', `originals/unnamed-${id}.jpg`],
  ])('turns %j into %j', (filename, expected) => {
    expect(named(filename)).toBe(expected);
  });

  it('stays below the 255 bytes of a file system, also with multi-byte characters', () => {
    expect(Buffer.byteLength(named(`${'🎉'.repeat(250)}.jpg`).slice('originals/'.length))).toBeLessThanOrEqual(255);
  });
});
