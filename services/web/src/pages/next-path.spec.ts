import { loginPath, safeNextPath } from './next-path';

describe('safeNextPath', () => {
  test.each(['/', '/media', '/media/01ABC?x=1#y', '/upload', '/media?q=//x'])('keeps the own path %s', (path) => {
    expect(safeNextPath(path)).toBe(path);
  });

  test.each([
    null,
    undefined,
    '',
    'media',
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    'javascript:alert(1)',
    '\\\\evil',
    ' /media',
  ])('sends %j to the dashboard', (path) => {
    expect(safeNextPath(path)).toBe('/');
  });

  test.each(['/login', '/login?next=/media', '/register#x'])('does not return to %s', (path) => {
    expect(safeNextPath(path)).toBe('/');
  });
});

describe('loginPath', () => {
  test('contains the requested path', () => {
    expect(loginPath('/media?q=sea & sun')).toBe('/login?next=%2Fmedia%3Fq%3Dsea%20%26%20sun');
  });

  test('is plain for the dashboard', () => {
    expect(loginPath('/')).toBe('/login');
  });
});
