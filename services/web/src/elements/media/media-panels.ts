import type { HistoryEntry, Media } from '#contracts';
import { messageOf } from '../../network/problem';
import { h } from '../../ui/dom';
import { formatBytes, formatDateTime, formatDuration } from '../../ui/format';
import { flattenMetadata } from '../../ui/metadata';
import { shotKeys, shotOf, type Shot } from '../../ui/shot';
import { texts } from '../../ui/texts';
import { toast } from '../../ui/toasts';

type Row = readonly [string, string | HTMLElement | null];

/** Builds the panel of size, type, dimensions and the like. */
export function factsPanel(media: Media): HTMLElement {
  const t = texts.media;
  const { taken, camera, settings, place } = shotOf(media.metadata);
  const rows: Row[] = [
    [t.taken, taken],
    [t.camera, camera],
    [t.settings, settings],
    [t.place, place && placeLink(place)],
    [t.kind, texts.kind[media.kind]],
    [t.type, media.contentType],
    [t.size, formatBytes(media.sizeBytes)],
    [t.dimensions, media.width && media.height ? t.pixels(media.width, media.height) : null],
    [t.duration, media.durationSeconds === null ? null : formatDuration(media.durationSeconds)],
    [t.codecs, media.codecs.join(', ') || null],
    [t.filename, media.filename],
    [t.added, formatDateTime(media.createdAt)],
    [t.checksum, media.sha256 && checksum(media.sha256)],
  ];
  return h('section', { class: 'panel' }, h('h2', {}, t.facts), definitions(rows));
}

/** Builds the panel of embedded metadata; null when there is none. */
export function metadataPanel(media: Media): HTMLElement | null {
  const { gps: _, ...others } = media.metadata;
  const rows = flattenMetadata(Object.fromEntries(Object.entries(others).filter(([key]) => !shotKeys.includes(key))));
  if (rows.length === 0) return null;
  return h('section', { class: 'panel' }, h('h2', {}, texts.media.metadata), definitions(rows));
}

/** Builds the panel of status changes, the latest first, with the duration of each step. */
export function historyPanel(media: Media): HTMLElement {
  const several = media.history.some(({ round }) => round > 1);
  const steps = media.history.map((entry, index) => step(entry, media.history[index - 1], several)).toReversed();
  return h(
    'section',
    { class: 'panel' },
    h('h2', {}, texts.media.history),
    h('ol', { class: 'timeline', role: 'list' }, ...steps),
  );
}

function step({ status, at, round }: HistoryEntry, before: HistoryEntry | undefined, several: boolean): HTMLElement {
  const seconds = before?.round === round ? (Date.parse(at) - Date.parse(before.at)) / 1000 : 0;
  return h(
    'li',
    { 'data-tone': status },
    h('span', { class: 'step-name' }, texts.media.steps[status]),
    several ? h('span', { class: 'tag-note' }, texts.media.round(round)) : null,
    h(
      'p',
      { class: 'step-time' },
      h('time', { datetime: at }, formatDateTime(at)),
      seconds > 0 ? ` · ${texts.media.after(formatDuration(seconds))}` : null,
    ),
  );
}

function placeLink({ text, latitude, longitude }: NonNullable<Shot['place']>): HTMLElement {
  const href = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=14/${latitude}/${longitude}`;
  return h('a', { href, target: '_blank', rel: 'noreferrer', title: texts.media.showOnMap }, text);
}

/** Builds the folded checksum with a button that copies it, where the browser allows that (secure contexts). */
function checksum(sha256: string): HTMLElement {
  const copy = (): void =>
    void navigator.clipboard
      ?.writeText(sha256)
      .then(() => toast(texts.media.copied))
      .catch((error: unknown) => toast(messageOf(error), 'bad'));
  return h(
    'details',
    { class: 'checksum' },
    h('summary', {}, `${sha256.slice(0, 12)}…`),
    h('p', {}, sha256),
    'clipboard' in navigator
      ? h('button', { type: 'button', class: 'button small', onclick: copy }, texts.media.copy)
      : null,
  );
}

function definitions(rows: readonly Row[]): HTMLElement {
  const shown = rows.filter(([, value]) => value !== null);
  return h(
    'dl',
    { class: 'facts' },
    ...shown.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', { dir: 'auto' }, value))),
  );
}
