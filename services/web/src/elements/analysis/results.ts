import type { Analysis, AnalyserName, AnalyserResults } from '#contracts';
import { analysisTexts as t } from '../../ui/analysis-texts';
import { h, type Child } from '../../ui/dom';
import { formatClock } from '../../ui/format';
import { toast } from '../../ui/toasts';

/** What the result of an analyser needs from the page it is shown in. */
export interface ResultPage {
  mediaId: string;
  /** Plays the medium from a second on. */
  seek: (seconds: number) => void;
  /** Shows boxes over the picture, or removes them; null where there is no picture. */
  showBoxes: ((labels: AnalyserResults['labels']['labels']) => void) | null;
}

type Renderers = { [N in AnalyserName]: (result: AnalyserResults[N], page: ResultPage) => Child[] };

const renderers: Renderers = {
  labels: ({ labels, faces }, page) => [
    labels.length > 0 && chips(labels.map(({ name }) => [name, `/media?label=${encodeURIComponent(name)}`])),
    faces ? h('p', { class: 'analysis-note' }, t.faces(faces)) : null,
    page.showBoxes && labels.some(({ boxes }) => boxes.length > 0) ? boxesButton(labels, page.showBoxes) : null,
  ],
  moderation: ({ flagged, categories }) => [
    flagged && h('p', {}, t.sensitive(categories.map(({ name }) => name).join(', ') || t.names.moderation)),
  ],
  text: ({ lines }, page) =>
    lines.length === 0
      ? []
      : [
          h(
            'div',
            { class: 'analysis-text', tabindex: 0, role: 'group', 'aria-label': t.names.text },
            ...lines.map(({ text, atSeconds }) =>
              h('p', { dir: 'auto' }, atSeconds === null ? null : seekButton(atSeconds, page), text),
            ),
          ),
          h(
            'button',
            { type: 'button', class: 'button small', onclick: () => void copy(lines.map(({ text }) => text)) },
            t.copyText,
          ),
        ],
  speech: ({ segments }, page) => (segments.length === 0 ? [] : [transcript(segments, page), downloads(page.mediaId)]),
  sentiment: ({ overall, scores, source, keyPhrases }) => [
    h('p', {}, t.mood(t.moods[overall], Math.round(100 * scores[overall]), t.sources[source])),
    keyPhrases.length > 0 && chips(keyPhrases.slice(0, 12).map(({ text }) => [text, searchPath(`"${text}"`)])),
  ],
};

/** Builds what an analyser has found. @returns nothing where it found nothing */
export function analysisResult<N extends AnalyserName>(analyser: N, result: Analysis['result'], page: ResultPage) {
  return renderers[analyser](result as AnalyserResults[N], page).filter(Boolean);
}

const searchPath = (q: string): string => `/media?${new URLSearchParams({ q }).toString()}`;

function chips(entries: [text: string, path: string][]): HTMLElement {
  return h(
    'ul',
    { class: 'analysis-chips', role: 'list' },
    ...entries.map(([text, href]) =>
      h('li', {}, h('a', { class: 'chip', href, title: t.find(text) }, h('bdi', {}, text))),
    ),
  );
}

function boxesButton(
  labels: AnalyserResults['labels']['labels'],
  showBoxes: NonNullable<ResultPage['showBoxes']>,
): HTMLElement {
  const button = h('button', { type: 'button', class: 'button small', 'aria-pressed': 'false' }, t.showBoxes);
  button.addEventListener('click', () => {
    const shown = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(shown));
    showBoxes(shown ? labels : []);
  });
  return button;
}

function seekButton(seconds: number, { seek }: ResultPage): HTMLElement {
  const clock = formatClock(seconds);
  return h(
    'button',
    {
      type: 'button',
      class: 'seek-button',
      'aria-label': t.seek(clock),
      'data-start': seconds,
      onclick: () => seek(seconds),
    },
    clock,
  );
}

function transcript(segments: AnalyserResults['speech']['segments'], page: ResultPage): HTMLElement {
  return h(
    'ol',
    { class: 'transcript', role: 'list', tabindex: 0, 'aria-label': t.transcript },
    ...segments.map(({ startSeconds, endSeconds, text }) =>
      h(
        'li',
        { 'data-from': startSeconds, 'data-until': endSeconds },
        seekButton(startSeconds, page),
        h('span', { dir: 'auto' }, text),
      ),
    ),
  );
}

function downloads(mediaId: string): HTMLElement {
  const files = { 'captions.vtt': 'VTT', 'transcript.srt': 'SRT', 'transcript.txt': 'TXT' };
  return h(
    'p',
    { class: 'analysis-note' },
    `${t.download}: `,
    ...Object.entries(files).flatMap(([file, name], index) => [
      index > 0 && ' · ',
      h('a', { href: `/api/media/${encodeURIComponent(mediaId)}/${file}`, download: true }, name),
    ]),
  );
}

async function copy(lines: string[]): Promise<void> {
  await navigator.clipboard.writeText(lines.join('\n')).then(
    () => toast(t.copied),
    () => undefined,
  );
}
