import exifReader, { type Exif } from 'exif-reader';

/** The facts of an EXIF block worth keeping; whatever is missing, impossible or garbled is absent. */
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
    exposureSeconds: positive(photo.ExposureTime),
    fNumber: positive(photo.FNumber),
    iso: positive(Array.isArray(photo.ISOSpeedRatings) ? photo.ISOSpeedRatings[0] : photo.ISOSpeedRatings),
    focalLengthMm: positive(photo.FocalLength),
    gps: place(exif.GPSInfo ?? {}),
  };
}

function read(block: Buffer | undefined): Exif | null {
  if (!block) return null;
  try {
    return exifReader(block);
  } catch {
    return null; // a garbled block of facts makes no bad picture
  }
}

function text(value: unknown): string | undefined {
  const words = Buffer.isBuffer(value) ? value.toString('utf8') : value; // exif-reader hands over as bytes what is not ASCII
  return typeof words === 'string' ? words.replace(/\0.*$/s, '').trim() : undefined;
}

const positive = (value: unknown) =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined;

/** Local time as the camera's clock showed it, with the zone when the camera knew it: `2024-05-04T10:20:30+02:00`. */
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
    // exif-reader parsed the wall clock as if it were UTC. Years outside are clocks never set.
    if (!(when instanceof Date) || !(when.getUTCFullYear() >= 1900 && when.getUTCFullYear() <= 2100)) continue;
    const clock = when.toISOString().slice(0, 19);
    if (!block.includes(clock.replaceAll('-', ':').replace('T', ' '))) continue; // an impossible date, which Date rolled over
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
  const altitude = gps.GPSAltitude;
  const below = Buffer.isBuffer(gps.GPSAltitudeRef) ? gps.GPSAltitudeRef[0] === 1 : gps.GPSAltitudeRef === 1;
  if (typeof altitude !== 'number' || !(altitude >= 0 && altitude < 100_000)) return { latitude, longitude };
  return { latitude, longitude, altitudeMetres: below ? -altitude : altitude };
}

/** Degrees, minutes and seconds -> signed degrees; `undefined` when there is no such place. */
function degrees(parts: unknown, reference: unknown, negative: 'S' | 'W', limit: number): number | undefined {
  if (!Array.isArray(parts) || parts.length !== 3) return undefined;
  const [whole, minutes, seconds] = parts.map(Number) as [number, number, number];
  const size = whole + minutes / 60 + seconds / 3_600;
  if (!(size >= 0 && size <= limit && minutes >= 0 && minutes < 60 && seconds >= 0 && seconds < 60)) return undefined;
  return round(text(reference)?.toUpperCase() === negative ? -size : size);
}

const round = (value: number) => Math.round(value * 1e6) / 1e6;
