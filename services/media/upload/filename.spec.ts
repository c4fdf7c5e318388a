import { displayFilename, titleOf } from './filename';

describe('displayFilename', () => {
  it.each([
    ['holiday.jpg', 'holiday.jpg'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\me\\photo.png', 'photo.png'],
    ['a\u0000b\r\n.gif', 'ab.gif'],
    ['photo\u202Egpj.exe', 'photogpj.exe'],
    ['..', '..'],
    ['', 'unnamed'],
    ['   ', 'unnamed'],
    ['e\u0301té.jpg', 'été.jpg'],
    ['<img src=x onerror=alert(1)>.png', '<img src=x onerror=alert(1)>.png'],
    ['broken\uD800.jpg', 'broken\uFFFD.jpg'],
  ])('%j is shown as %j', (given, shown) => {
    expect(displayFilename(given)).toBe(shown);
  });

  it('truncates a long name and keeps its extension', () => {
    const shown = displayFilename(`${'ü'.repeat(400)}.jpeg`);
    expect([...shown]).toHaveLength(255);
    expect(shown.endsWith('.jpeg')).toBe(true);
  });
});

describe('titleOf', () => {
  it.each([
    ['holiday.jpg', 'holiday'],
    ['.bashrc', '.bashrc'],
    ['archive.tar.gz', 'archive.tar'],
    ['no ending', 'no ending'],
    ['Dr. No', 'Dr. No'],
  ])('%j gives %j', (filename, title) => {
    expect(titleOf(filename)).toBe(title);
  });
});
