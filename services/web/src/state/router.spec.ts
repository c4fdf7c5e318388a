import { matchPath } from './router';

test.each([
  ['/', '/', {}],
  ['/media', '/media/', {}],
  ['/media/:id', '/media/01ABC', { id: '01ABC' }],
  ['/media/:id', '/media/a%20b', { id: 'a b' }],
  ['/media/:id', '/media/%E0%A4%A', { id: '%E0%A4%A' }],
])('%s matches %s', (pattern, path, params) => {
  expect(matchPath(pattern, path)).toEqual(params);
});

test.each([
  ['/media', '/media/1'],
  ['/media/:id', '/media'],
  ['/', '/login'],
])('%s does not match %s', (pattern, path) => {
  expect(matchPath(pattern, path)).toBeNull();
});
