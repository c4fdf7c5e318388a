import { shotOf } from './shot';

test('describes a shot as photographers do', () => {
  const shot = shotOf({
    takenAt: '2008-10-22T16:52:15+02:00',
    cameraMake: 'NIKON',
    cameraModel: 'COOLPIX P6000',
    exposureSeconds: 0.01555209,
    fNumber: 5.9,
    iso: 103,
    focalLengthMm: 24,
    gps: { latitude: 43.467222, longitude: 11.885278 },
  });
  expect(shot).toMatchObject({
    camera: 'NIKON COOLPIX P6000',
    settings: 'ƒ/5.9 · 1/64 s · 24 mm · ISO 103',
    place: { text: '43.4672, 11.8853' },
  });
  expect(shot.taken).toMatch(/Oct 22, 2008, 4:52/);
});

test('does not repeat the maker, and shows long exposures in seconds', () => {
  const shot = shotOf({ cameraMake: 'Canon Inc.', cameraModel: 'Canon EOS R5', exposureSeconds: 2.5 });
  expect(shot).toMatchObject({ camera: 'Canon EOS R5', settings: '2.5 s' });
});

test('is empty without metadata, and with values of a wrong type', () => {
  const nothing = { taken: null, camera: null, settings: null, place: null };
  expect(shotOf({})).toEqual(nothing);
  expect(shotOf({ takenAt: 'never', iso: 'high', gps: { latitude: '1' } })).toEqual(nothing);
});
