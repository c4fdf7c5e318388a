import { formatDateTime, formatNumber } from './format';

/** Where and how a picture or film was taken, each as a person reads it; null where the file does not say. */
export interface Shot {
  taken: string | null;
  camera: string | null;
  /** For example `ƒ/5.9 · 1/64 s · 24 mm · ISO 103`. */
  settings: string | null;
  place: { text: string; latitude: number; longitude: number } | null;
}

/** The metadata that `shotOf` describes. */
export const shotKeys = ['takenAt', 'cameraMake', 'cameraModel', 'exposureSeconds', 'fNumber', 'iso', 'focalLengthMm'];

/** Describes how a medium was taken, from its embedded metadata. */
export function shotOf(metadata: Record<string, unknown>): Shot {
  const { takenAt, cameraMake, cameraModel, exposureSeconds, fNumber, iso, focalLengthMm, gps } = metadata;
  const settings = [
    isNumber(fNumber) && `ƒ/${formatNumber(fNumber)}`,
    isNumber(exposureSeconds) && formatExposure(exposureSeconds),
    isNumber(focalLengthMm) && `${formatNumber(focalLengthMm)} mm`,
    isNumber(iso) && `ISO ${iso}`,
  ].filter(Boolean);
  return {
    taken: typeof takenAt === 'string' ? formatTaken(takenAt) : null,
    camera: cameraName(text(cameraMake), text(cameraModel)),
    settings: settings.join(' · ') || null,
    place: placeOf(gps),
  };
}

/** Formats seconds of exposure as photographers do: `1/64 s`, and from half a second on `0.5 s`. */
function formatExposure(seconds: number): string {
  return seconds > 0 && seconds < 0.5 ? `1/${formatNumber(Math.round(1 / seconds))} s` : `${formatNumber(seconds)} s`;
}

/** Shows the time of the clock at the place, so an offset (`+02:00`) does not count; UTC becomes the viewer's time. */
function formatTaken(iso: string): string | null {
  const atPlace = iso.replace(/[+-]\d\d:\d\d$/, '');
  return Number.isNaN(Date.parse(atPlace)) ? null : formatDateTime(atPlace);
}

/** Joins maker and model, unless the model begins with the maker: `Canon` and `Canon EOS R5`. */
function cameraName(make: string, model: string): string | null {
  const [brand = ''] = make.split(' ');
  const isRepeated = model.toLowerCase().startsWith(brand.toLowerCase());
  return (isRepeated ? model : `${make} ${model}`).trim() || null;
}

function placeOf(gps: unknown): Shot['place'] {
  const { latitude, longitude } = (gps ?? {}) as Record<string, unknown>;
  if (!isNumber(latitude) || !isNumber(longitude)) return null;
  return { text: `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`, latitude, longitude };
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}
