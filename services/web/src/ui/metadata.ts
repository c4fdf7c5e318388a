import { formatClock, formatLocalTime, formatNumber } from './format';
import { texts } from './texts';

const limit = 40;
const units: Record<string, string> = { dpi: 'dpi', seconds: 's' };

/** Facts with a unit or a name of their own: label, and how the value reads. */
const shown: Record<string, [label: string, format: (value: number) => string]> = {
  bitsPerSecond: ['Bit rate', (value) => `${formatNumber(Math.round(value / 1_000))} kbit/s`],
  bitsPerSample: ['Bits per sample', String],
  sampleRateHz: ['Sample rate', (value) => `${formatNumber(value / 1_000)} kHz`],
  framesPerSecond: ['Frames per second', formatNumber],
  exposureSeconds: ['Exposure', (value) => (value < 0.5 ? `1/${Math.round(1 / value)} s` : `${formatNumber(value)} s`)],
  fNumber: ['Aperture', (value) => `f/${formatNumber(value)}`],
  iso: ['ISO', String],
  focalLengthMm: ['Focal length', (value) => `${formatNumber(value)} mm`],
  bpm: ['Beats per minute', formatNumber],
  latitude: ['Latitude', (value) => `${value.toFixed(5)}°`],
  longitude: ['Longitude', (value) => `${value.toFixed(5)}°`],
  altitudeMetres: ['Altitude', (value) => `${formatNumber(Math.round(value))} m`],
};

/** Returns at most 40 rows of name and value: nested names joined, names made readable, empty values omitted. */
export function flattenMetadata(metadata: Record<string, unknown>): [string, string][] {
  return entriesOf(metadata, '').slice(0, limit);
}

function entriesOf(value: object, prefix: string): [string, string][] {
  return Object.entries(value).flatMap(([name, inner]): [string, string][] => {
    if (typeof inner === 'number' && shown[name]) return [[shown[name][0], shown[name][1](inner)]];
    if (name === 'chapters' && Array.isArray(inner)) return [['Chapters', inner.map(chapter).join(', ')]];
    const label = prefix ? `${prefix}: ${toLabel(name)}` : toLabel(name);
    if (inner === null || inner === undefined || inner === '') return [];
    if (Array.isArray(inner)) return inner.length > 0 && inner.every(isPlain) ? [[label, inner.join(', ')]] : [];
    if (typeof inner === 'object') return entriesOf(inner, label);
    return [withUnit(label, inner)];
  });
}

/** `Density dpi`, 300 -> `Density`, `300 dpi`; true -> `Yes`; a time as the clock of the camera showed it. */
function withUnit(label: string, value: unknown): [string, string] {
  if (typeof value === 'boolean') return [label, value ? texts.yes : texts.no];
  if (typeof value !== 'number') return [label, formatLocalTime(String(value))];
  const [, name, unit = ''] = /^(.+) (dpi|seconds)$/.exec(label) ?? [];
  return name ? [name, `${formatNumber(value)} ${units[unit]}`] : [label, formatNumber(value)];
}

function chapter({ title, startSeconds }: { title?: string; startSeconds?: number }): string {
  return [formatClock(startSeconds ?? 0), title].filter(Boolean).join(' ');
}

function isPlain(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** `sampleRate` -> `Sample rate`, `LensModel` -> `Lens model`, `ISO` stays. */
function toLabel(name: string): string {
  const words = name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll(/[_-]+/g, ' ')
    .split(' ');
  const text = words.map((word) => (/^[A-Z\d]+$/.test(word) && word.length > 1 ? word : word.toLowerCase())).join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
