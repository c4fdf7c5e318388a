import { flattenMetadata } from './metadata';

test('makes names readable, joins nested ones and omits empty values', () => {
  const rows = flattenMetadata({
    LensModel: 'XF23',
    ISO: 160,
    sampleRateHz: 44100,
    hasAlpha: false,
    exif: { FNumber: 5.6 },
    genre: ['Jazz', 'Live'],
    comment: '',
    none: null,
    odd: [{}],
  });
  expect(rows).toEqual([
    ['Lens model', 'XF23'],
    ['ISO', '160'],
    ['Sample rate', '44.1 kHz'],
    ['Has alpha', 'No'],
    ['Exif: Fnumber', '5.6'],
    ['Genre', 'Jazz, Live'],
  ]);
});

test('limits the rows of a file with thousands of tags', () => {
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`key${index}`, index]));
  expect(flattenMetadata(many)).toHaveLength(40);
});

test('values read with their units, times as the clock of the camera showed them', () => {
  const rows = flattenMetadata({
    takenAt: '2024-05-04T10:20:30+02:00',
    bitsPerSecond: 127_477,
    sampleRateHz: 44_100,
    exposureSeconds: 0.004,
    gps: { latitude: 48.8577, longitude: 2.295 },
    hdr: true,
    chapters: [
      { title: 'One', startSeconds: 0 },
      { title: 'Two', startSeconds: 75 },
    ],
  });
  expect(rows).toEqual([
    ['Taken at', expect.stringMatching(/^(May 4|4 May), 2024.*10:20.*\(UTC\+02:00\)$/)],
    ['Bit rate', '127 kbit/s'],
    ['Sample rate', '44.1 kHz'],
    ['Exposure', '1/250 s'],
    ['Latitude', '48.85770°'],
    ['Longitude', '2.29500°'],
    ['Hdr', 'Yes'],
    ['Chapters', '0:00 One, 1:15 Two'],
  ]);
});
