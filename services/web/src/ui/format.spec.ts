import {
  describeUserAgent,
  formatAgo,
  formatBytes,
  formatClock,
  formatDay,
  formatDuration,
  formatWait,
} from './format';

const iPhone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) ' +
  'AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 kB'],
  [1536, '1.5 kB'],
  [2_400_000, '2.4 MB'],
  [812_000_000, '812 MB'],
  [5_368_709_120, '5.4 GB'],
  [Number.NaN, '–'],
])('formatBytes(%d) is %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0.04, '0.1 s'],
  [2.02, '2 s'],
  [9.46, '9.5 s'],
  [61, '1:01'],
  [3723, '1:02:03'],
  [Number.POSITIVE_INFINITY, '–'],
])('formatDuration(%d) is %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test('formatClock never shows NaN while the duration of a player is unknown', () => {
  expect(formatClock(Number.NaN)).toBe('0:00');
});

test.each([
  [0.2, '1 s'],
  [59, '59 s'],
  [150, '3 min'],
  [7200, '2 h'],
])('formatWait(%d) is %s', (seconds, text) => {
  expect(formatWait(seconds)).toBe(text);
});

describe('formatAgo', () => {
  const now = Date.parse('2026-11-22T12:00:00Z');
  test.each([
    ['2026-11-22T11:59:40Z', 'just now'],
    ['2026-11-22T11:57:00Z', '3 minutes ago'],
    ['2026-11-22T11:00:20Z', '59 minutes ago'],
    ['2026-11-21T12:00:20Z', '23 hours ago'],
    ['2026-11-21T12:00:00Z', 'yesterday'],
    ['2026-10-01T12:00:00Z', 'Oct 1, 2026'],
  ])('%s', (iso, text) => {
    expect(formatAgo(iso, now)).toBe(text);
  });

  test('shows just now when the clock of the server is ahead', () => {
    expect(formatAgo('2026-11-22T12:00:30Z', now)).toBe('just now');
  });
});

test.each([
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    'Chrome on Linux',
  ],
  [iPhone, 'Safari on iPhone'],
  ['curl/8.5.0', 'curl'],
  ['', 'Unknown device'],
])('describeUserAgent(%s)', (userAgent, text) => {
  expect(describeUserAgent(userAgent).name).toBe(text);
});

test.each([
  [iPhone, true],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', false],
])('describeUserAgent(%s) recognises phones and tablets', (userAgent, handheld) => {
  expect(describeUserAgent(userAgent).handheld).toBe(handheld);
});

test('formatDay shows the given day in every time zone', () => {
  expect(formatDay('2026-11-24')).toBe('Nov 24');
});
