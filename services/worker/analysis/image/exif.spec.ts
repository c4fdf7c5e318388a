import sharp, { type Exif } from 'sharp';
import { makeJpeg } from '#testing';
import { cameraFacts } from './exif';

async function factsOf(exif: Exif) {
  const { exif: block } = await sharp(await makeJpeg({ width: 8, height: 8, exif })).metadata();
  return cameraFacts(block);
}

const sydney = {
  GPSLatitudeRef: 'S',
  GPSLatitude: '33/1 52/1 3000/100',
  GPSLongitudeRef: 'E',
  GPSLongitude: '151/1 12/1 0/1',
};

describe('cameraFacts', () => {
  it('reads camera, lens, exposure, time with zone, and location', async () => {
    const facts = await factsOf({
      IFD0: { Make: 'Acme', Model: 'One' },
      IFD2: {
        LensModel: '35mm',
        FNumber: '28/10',
        ExposureTime: '1/250',
        ISOSpeedRatings: '200',
        DateTimeOriginal: '2024:05:04 10:20:30',
        OffsetTimeOriginal: '+02:00',
      },
      IFD3: { ...sydney, GPSAltitude: '58/1' },
    });
    expect(facts).toMatchObject({
      cameraMake: 'Acme',
      cameraModel: 'One',
      lensModel: '35mm',
      fNumber: 2.8,
      exposureSeconds: 0.004,
      iso: 200,
      takenAt: '2024-05-04T10:20:30+02:00',
      gps: { latitude: -33.875, longitude: 151.2, altitudeMetres: 58 },
    });
  });

  it('omits the time zone when it is missing', async () => {
    expect(await factsOf({ IFD2: { DateTimeOriginal: '2024:05:04 10:20:30' } })).toMatchObject({
      takenAt: '2024-05-04T10:20:30',
    });
  });

  it.each<[string, string[]]>([
    ['exposureSeconds', ['0/1', '0/0', '1/0', '4294967295/1']],
    ['fNumber', ['0/1', '0/0', '4294967295/1']],
    ['iso', ['0', '65535']],
    ['focalLengthMm', ['0/1', '0/0', '1/0', '4294967295/1']],
  ])('omits an impossible %s', async (fact, values) => {
    const tag = { exposureSeconds: 'ExposureTime', fNumber: 'FNumber', iso: 'ISOSpeedRatings' }[fact] ?? 'FocalLength';
    for (const value of values) expect((await factsOf({ IFD2: { [tag]: value } }))[fact]).toBeUndefined();
  });

  it('reads an ISO that does not fit into its first tag', async () => {
    const facts = await factsOf({ IFD2: { ISOSpeedRatings: '65535', RecommendedExposureIndex: '102400' } });
    expect(facts.iso).toBe(102_400);
  });

  it('keeps a place on the equator, and a photo of many hours', async () => {
    const onEquator = { ...sydney, GPSLatitude: '0/1 0/1 0/1' };
    const facts = await factsOf({ IFD2: { ExposureTime: '21600/1' }, IFD3: onEquator });
    expect(facts).toMatchObject({ gps: { latitude: 0, longitude: 151.2 }, exposureSeconds: 21_600 });
  });

  it.each<[string, Exif]>([
    ['a device without position', { IFD3: { ...sydney, GPSLatitude: '0/1 0/1 0/1', GPSLongitude: '0/1 0/1 0/1' } }],
    ['invalid rationals', { IFD3: { ...sydney, GPSLatitude: '0/0 0/0 0/0', GPSLongitude: '0/0 0/0 0/0' } }],
    ['a latitude beyond the pole', { IFD3: { ...sydney, GPSLatitude: '133/1 0/1 0/1' } }],
    ['a longitude beyond the date line', { IFD3: { ...sydney, GPSLongitude: '181/1 0/1 0/1' } }],
    ['a division by zero', { IFD3: { ...sydney, GPSLatitude: '1/0 0/1 0/1' } }],
    ['an incomplete location', { IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '33/1 52/1 0/1' } }],
  ])('omits the location for %s', async (_what, exif) => {
    expect((await factsOf(exif)).gps).toBeUndefined();
  });

  it.each(['0000:00:00 00:00:00', '9999:99:99 99:99:99', '2024:13:45 27:61:61', 'yesterday'])(
    'omits the time for %s',
    async (when) => {
      expect((await factsOf({ IFD2: { DateTimeOriginal: when } })).takenAt).toBeUndefined();
    },
  );

  it.each([Buffer.alloc(0), Buffer.from('Exif\0\0II*\0\xff\xff\xff\xff', 'latin1'), Buffer.alloc(64, 0xff)])(
    'returns nothing for garbage',
    (block) => {
      expect(cameraFacts(block)).toEqual({});
    },
  );
});
