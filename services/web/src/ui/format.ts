import { texts } from './texts';

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'];
/** Dates and numbers are written as in the language of the browser; words are English, as all texts are. */
const locale = globalThis.navigator?.language;
const language = 'en';

/** Formats a size in decimal units, as macOS, Linux desktops and disk vendors do: `1.5 kB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return '–';
  const power = bytes < 1000 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  const digits = power === 0 || value >= 100 ? 0 : 1;
  return `${value.toLocaleString(locale, { maximumFractionDigits: digits })} ${byteUnits[power]}`;
}

/** Formats seconds as `4:07` or `1:02:03`; under ten seconds with a tenth, so that a short clip is not `0:00`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '–';
  if (seconds > 0 && seconds < 10) return `${Math.max(0.1, seconds).toFixed(1).replace(/\.0$/, '')} s`;
  return formatClock(seconds);
}

/** Formats seconds as `0:04`, for players. */
export function formatClock(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/** Formats seconds as a rough time to wait: `5 s`, `3 min`, `2 h`. */
export function formatWait(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** Formats seconds as a wait in whole minutes, rounded up: `12 minutes`. */
export function formatMinutes(seconds: number): string {
  const minutes = Math.max(1, Math.ceil(seconds / 60));
  return new Intl.NumberFormat(language, { style: 'unit', unit: 'minute', unitDisplay: 'long' }).format(minutes);
}

/** Formats a time as `3 minutes ago` or `yesterday`; when it is older than a week, as the date. */
export function formatAgo(iso: string, nowMs = Date.now()): string {
  const seconds = Math.round((nowMs - Date.parse(iso)) / 1000);
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 45) return 'just now';
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  if (seconds < 3600) return relative.format(-Math.max(1, Math.floor(seconds / 60)), 'minute');
  if (seconds < 86_400) return relative.format(-Math.floor(seconds / 3600), 'hour');
  if (seconds < 7 * 86_400) return relative.format(-Math.floor(seconds / 86_400), 'day');
  return formatDate(iso);
}

/** Formats a time as `Nov 24, 2026`. */
export function formatDate(iso: string): string {
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' }).format(new Date(iso));
}

/** Formats a date without a time (`2026-11-24`) as `Nov 24`, the same in every time zone. */
export function formatDay(date: string): string {
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(date));
}

/** Formats a time as `Nov 24, 2026, 3:07 PM`. */
export function formatDateTime(iso: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));
}

/**
 * A time as the camera's clock showed it, where a text is one (`2024-05-04T10:20:30+02:00`, zone optional); another
 * text unchanged.
 */
export function formatLocalTime(text: string): string {
  const [, clock = '', zone = ''] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  const time = new Date(`${clock}Z`);
  if (Number.isNaN(time.getTime())) return text;
  const shown = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }).format(
    time,
  );
  return zone ? `${shown} (${zone === 'Z' ? 'UTC' : `UTC${zone}`})` : shown;
}

/** Formats a time as `November 2026`, the heading of a group in the library. */
export function formatMonth(iso: string): string {
  return new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric' }).format(new Date(iso));
}

/** Formats a number with separators: `1,234`. */
export function formatNumber(value: number): string {
  return new Intl.NumberFormat(locale).format(value);
}

/** Returns browser and system from a User-Agent header: enough for users to recognise their devices. */
export function describeUserAgent(userAgent: string): { name: string; handheld: boolean } {
  const browser = firstMatch(userAgent, {
    Edge: /Edg\//,
    Opera: /OPR\//,
    Firefox: /Firefox\//,
    Chrome: /Chrom(e|ium)\//,
    Safari: /Safari\//,
    curl: /^curl\//,
  });
  const system = firstMatch(userAgent, {
    iPhone: /iPhone/,
    iPad: /iPad/,
    Android: /Android/,
    Windows: /Windows/,
    macOS: /Mac OS X/,
    Linux: /Linux/,
  });
  const handheld = ['iPhone', 'iPad', 'Android'].includes(system ?? '');
  if (browser && system) return { name: `${browser} on ${system}`, handheld };
  return { name: browser ?? system ?? (userAgent.slice(0, 60) || texts.profile.unknownDevice), handheld };
}

function firstMatch(text: string, patterns: Record<string, RegExp>): string | undefined {
  return Object.entries(patterns).find(([, pattern]) => pattern.test(text))?.[0];
}
