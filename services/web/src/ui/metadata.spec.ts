import { flattenMetadata } from './metadata';

test('makes names readable, joins nested ones and omits empty values', () => {
  const rows = flattenMetadata({
    LensModel: 'XF23',
    ISO: 160,
    sample_rate: 44100,
    exif: { FNumber: 5.6 },
    genre: ['Jazz', 'Live'],
    comment: '',
    none: null,
    odd: [{}],
  });
  expect(rows).toEqual([
    ['Lens model', 'XF23'],
    ['ISO', '160'],
    ['Sample rate', '44100'],
    ['Exif: Fnumber', '5.6'],
    ['Genre', 'Jazz, Live'],
  ]);
});

test('limits the rows of a file with thousands of tags', () => {
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`key${index}`, index]));
  expect(flattenMetadata(many)).toHaveLength(40);
});
