import type { AnalyserName, AnalysisProvider, AnalysisStatus, AnalysisUnit } from '#contracts';
import { formatDate, formatNumber, formatWait } from './format';

const usd = new Intl.NumberFormat(globalThis.navigator?.language, {
  style: 'currency',
  currency: 'USD',
  maximumFractionDigits: 4,
});
const items = (count: number): string => `${formatNumber(count)} ${count === 1 ? 'item' : 'items'}`;
const list = (names: string[]): string => new Intl.ListFormat('en').format(names.map((name) => name.toLowerCase()));
const providers: Record<AnalysisProvider, string> = {
  local: 'on this server',
  http: 'by a transcription server',
  aws: 'by AWS',
};

/** The sentences and labels of the analysis, which are loaded with it. */
export const analysisTexts = {
  title: 'What is in it',
  none: 'Nothing was analysed yet.',
  analyse: 'Analyse…',
  retry: 'Try again',
  names: {
    labels: 'Objects',
    moderation: 'Sensitive content',
    text: 'Text',
    speech: 'Speech',
    sentiment: 'Mood',
  } satisfies Record<AnalyserName, string>,
  leads: {
    labels: 'Objects in pictures and films, and how many faces.',
    moderation: 'Hides pictures that not everyone wants to see until you ask for them.',
    text: 'Text in pictures and films, to search and to copy.',
    speech: 'A transcript and captions of what is said.',
    sentiment: 'The mood and the key phrases of a transcript, text or description.',
  } satisfies Record<AnalyserName, string>,
  states: {
    queued: 'Waiting for a free worker.',
    running: 'Being analysed…',
    completed: 'Done',
    failed: 'Failed',
    skipped: 'Skipped',
  } satisfies Record<AnalysisStatus, string>,
  progress: (percent: number) => `Being analysed… ${percent} %`,
  without: (names: string[]) => `Looked for, and not found: ${list(names)}.`,
  faces: (count: number) => (count === 1 ? '1 face' : `${count} faces`),
  find: (word: string) => `Find media with ${word}`,
  showBoxes: 'Show where',
  sensitive: (what: string) => `Maybe sensitive: ${what}.`,
  copyText: 'Copy text',
  copied: 'Copied.',
  seek: (clock: string) => `Play from ${clock}`,
  captions: 'Captions',
  transcript: 'Transcript',
  download: 'Download',
  moods: { positive: 'Positive', negative: 'Negative', neutral: 'Neutral', mixed: 'Mixed' },
  sources: { speech: 'of the speech', text: 'of the text', description: 'of the description' },
  mood: (mood: string, percent: number, source: string) => `${mood} (${percent} %), ${source}`,
  by: (provider: AnalysisProvider, model: string) => `${providers[provider]}, ${model}`,

  dialogTitle: (count: number | null) => (count === null ? 'Analyse the whole library' : `Analyse ${items(count)}`),
  choose: 'What to look for',
  again: 'Also what was analysed before',
  start: 'Analyse',
  started: (count: number) => (count === 0 ? 'Nothing was left to analyse.' : `${items(count)} will be analysed.`),
  estimating: 'Working out what it costs…',
  estimate: (count: number, costUsd: number, [low, high]: readonly [number, number]) =>
    count === 0
      ? 'Nothing is left to analyse.'
      : `${formatNumber(count)} ${count === 1 ? 'analysis' : 'analyses'}, ` +
        `${formatWait(low)} to ${formatWait(high)}, ${costUsd > 0 ? `about ${usd.format(costUsd)}` : 'at no cost'}.`,
  allOff: 'The operator of this SnapStream has switched all analysers off.',

  settings: 'Analysis',
  settingsLead: 'What is looked for in your files by itself. You can always ask for it on the page of a file.',
  automatic: (name: string) => `${name}, by itself`,
  off: (names: string[]) => `Switched off by the operator: ${list(names)}.`,
  price: (provider: AnalysisProvider, model: string, priceUsd: number, unit: AnalysisUnit) =>
    `Done ${providers[provider]} (${model}), ${priceUsd > 0 ? `${usd.format(priceUsd)} per ${unit}` : 'at no cost'}.`,
  saved: 'Saved.',
  budget: (spentUsd: number, monthlyUsd: number | null, resetsAt: string) =>
    monthlyUsd === null
      ? `Spent this month: ${usd.format(spentUsd)}.`
      : `Spent this month: ${usd.format(spentUsd)} of ${usd.format(monthlyUsd)}, until ${formatDate(resetsAt)}.`,
  analyseAll: 'Analyse the whole library…',
};
