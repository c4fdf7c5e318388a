import exifReader, { type Exif } from 'exif-reader';

/** Beyond what cameras and lenses have. */
const MAX_EXPOSURE_SECONDS = 86_400;
const MAX_F_NUMBER = 1_000;
const MAX_FOCAL_LENGTH_MM = 20_000;
const MAX_ISO = 10_000_000;

/** Metadata of an EXIF block; missing, impossible and garbled values are omitted. */
export function cameraFacts(block: Buffer | undefined): Record<string, unknown> {
  const exif = read(block);
  if (!exif) return {};
  const photo: Partial<Record<string, unknown>> = exif.Photo ?? {};
  const image: Partial<Record<string, unknown>> = exif.Image ?? {};
  return {
    cameraMake: text(image.Make),
    cameraModel: text(image.Model),
    lensMake: text(photo.LensMake),
    lensModel: text(photo.LensModel),
    software: text(image.Software),
    artist: text(image.Artist),
    copyright: text(image.Copyright),
    description: text(image.ImageDescription),
    takenAt: takenAt(photo, image, block!),
    exposureSeconds: measured(photo.ExposureTime, MAX_EXPOSURE_SECONDS),
    fNumber: measured(photo.FNumber, MAX_F_NUMBER),
    iso: sensitivity(photo),
    focalLengthMm: measured(photo.FocalLength, MAX_FOCAL_LENGTH_MM),
    gps: place(exif.GPSInfo ?? {}),
  };
}

function read(block: Buffer | undefined): Exif | null {
  if (!block) return null;
  try {
    return exifReader(block);
  } catch {
    return null; // a garbled EXIF block does not make the image invalid
  }
}

function text(value: unknown): string | undefined {
  const decoded = Buffer.isBuffer(value) ? value.toString('utf8') : value; // exif-reader returns non-ASCII as bytes
  return typeof decoded === 'string' ? decoded.replace(/\0.*$/s, '').trim() : undefined;
}

/** A value above zero; cameras write 0, 0/0 or the largest number for what they do not know. */
const measured = (value: unknown, max: number) =>
  typeof value === 'number' && value > 0 && value <= max ? value : undefined;

/** The first tag has 16 bits: 65535 stands for a higher ISO, which another tag has (Exif 2.31, annex G). */
function sensitivity(photo: Partial<Record<string, unknown>>): number | undefined {
  const candidates = [photo.ISOSpeedRatings, photo.RecommendedExposureIndex, photo.ISOSpeed];
  return candidates
    .map((value): unknown => (Array.isArray(value) ? value[0] : value))
    .map((value) => (value === 0xffff ? undefined : measured(value, MAX_ISO)))
    .find((value) => value !== undefined);
}

/** Local time of the camera, with its time zone if present: `2024-05-04T10:20:30+02:00`. */
function takenAt(
  photo: Partial<Record<string, unknown>>,
  image: Partial<Record<string, unknown>>,
  block: Buffer,
): string | undefined {
  const candidates: [unknown, unknown][] = [
    [photo.DateTimeOriginal, photo.OffsetTimeOriginal],
    [photo.DateTimeDigitized, photo.OffsetTimeDigitized],
    [image.DateTime, photo.OffsetTime],
  ];
  for (const [when, offset] of candidates) {
    // exif-reader parses local time as UTC. Other years come from clocks that were never set.
    if (!(when instanceof Date) || !(when.getUTCFullYear() >= 1900 && when.getUTCFullYear() <= 2100)) continue;
    const clock = when.toISOString().slice(0, 19);
    // skip an impossible date, which Date rolled over
    if (!block.includes(clock.replaceAll('-', ':').replace('T', ' '))) continue;
    const zone = text(offset);
    return clock + (zone && /^[+-](0\d|1[0-4]):[0-5]\d$/.test(zone) ? zone : '');
  }
  return undefined;
}

function place(
  gps: Partial<Record<string, unknown>>,
): { latitude: number; longitude: number; altitudeMetres?: number } | undefined {
  const latitude = degrees(gps.GPSLatitude, gps.GPSLatitudeRef, 'S', 90);
  const longitude = degrees(gps.GPSLongitude, gps.GPSLongitudeRef, 'W', 180);
  if (latitude === undefined || longitude === undefined) return undefined;
  if (latitude === 0 && longitude === 0) return undefined; // written by devices that have no position
  const altitude = gps.GPSAltitude;
  const below = Buffer.isBuffer(gps.GPSAltitudeRef) ? gps.GPSAltitudeRef[0] === 1 : gps.GPSAltitudeRef === 1;
  if (typeof altitude !== 'number' || !(altitude >= 0 && altitude < 100_000)) return { latitude, longitude };
  return { latitude, longitude, altitudeMetres: below ? -altitude : altitude };
}

/** Degrees, minutes and seconds -> signed degrees; undefined when out of range. */
function degrees(parts: unknown, reference: unknown, negative: 'S' | 'W', limit: number): number | undefined {
  if (!Array.isArray(parts) || parts.length !== 3) return undefined;
  const [whole, minutes, seconds] = parts.map(Number) as [number, number, number];
  const value = whole + minutes / 60 + seconds / 3_600;
  if (!(value >= 0 && value <= limit && minutes >= 0 && minutes < 60 && seconds >= 0 && seconds < 60)) return undefined;
  return round(text(reference)?.toUpperCase() === negative ? -value : value);
}

const round = (value: number) => Math.round(value * 1e6) / 1e6 + 0; // not -0
