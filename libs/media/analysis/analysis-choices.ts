import type { Config } from '#config';
import {
  analyserNames,
  analysers,
  type AnalyserName,
  type AnalysisProvider,
  type AnalysisUnit,
  type MediaKind,
} from '#contracts';

/** An analyser as the configuration has it. */
export interface AnalyserChoice {
  provider: AnalysisProvider;
  model: string;
  /** Whether it runs by itself unless the user has chosen otherwise: only what costs nothing and stays here does. */
  isAutomatic: boolean;
  unit: AnalysisUnit;
  /** Millionths of a US dollar for each unit. */
  priceMicros: number;
}

export type AnalyserChoices = Partial<Record<AnalyserName, AnalyserChoice>>;

/** Without a name for it in the configuration, what a server with one model uses. */
const UNNAMED_MODEL = 'default';
const MICROS = 1_000_000;

/** Returns the analysers that are switched on. One whose provider is not implemented is off. */
export function chooseAnalysers({ analyse, speech, analysisPriceUsd }: Config): AnalyserChoices {
  const chosen = analyserNames.flatMap((name) => {
    const { unit, providers } = analysers[name];
    const provider = analyse[name];
    const entry = provider === 'off' ? undefined : (providers as Providers)[provider];
    if (provider === 'off' || !entry) return [];
    // a server that asks for no key sends no bill
    const defaultUsd = provider === 'http' && !speech.apiKey ? 0 : entry.priceUsd;
    const choice: AnalyserChoice = {
      provider,
      model: entry.model ?? speech.model ?? speech.modelDir?.split('/').at(-1) ?? UNNAMED_MODEL,
      isAutomatic: provider === 'local',
      unit,
      priceMicros: (analysisPriceUsd[name] ?? defaultUsd) * MICROS,
    };
    return [[name, choice] as const];
  });
  return Object.fromEntries(chosen);
}

type Providers = Partial<Record<AnalysisProvider, { model: string | null; priceUsd: number }>>;

/** What decides whether and at what price a medium can be analysed. */
export interface Analysable {
  kind: MediaKind;
  durationSeconds: number | null;
  /** Of a video: whether it has sound. */
  codecs: readonly string[];
}

/** Whether an analyser can find anything in a medium. A video without a second codec has no sound. */
export function canAnalyse(name: AnalyserName, { kind, codecs }: Analysable): boolean {
  const kinds: readonly MediaKind[] = analysers[name].kinds;
  return kinds.includes(kind) && !(name === 'speech' && kind === 'video' && codecs.length < 2);
}

/** Frames of a film that are looked at. */
export const frameCount = (durationSeconds: number | null) => ((durationSeconds ?? 0) < 10 ? 3 : 5);

/** Assumed for an estimate, while the text that will be read is not known. */
const USUAL_CHARACTERS = 1_000;
/** The least that Comprehend and Transcribe charge: 300 characters, 15 seconds. */
const MIN_TEXT_UNITS = 3;
const MIN_MINUTES = 0.25;

/** Returns how many units of an analyser a medium costs. `characters`: of the text to be read. */
export function unitsOf(
  name: AnalyserName,
  { kind, durationSeconds }: Analysable,
  characters = USUAL_CHARACTERS,
): number {
  const units: Record<AnalysisUnit, () => number> = {
    image: () => (kind === 'image' ? 1 : frameCount(durationSeconds)),
    minute: () => Math.max(MIN_MINUTES, (durationSeconds ?? 0) / 60),
    '100 characters': () => Math.max(MIN_TEXT_UNITS, Math.ceil(characters / 100)),
  };
  return units[analysers[name].unit]();
}

/** Returns the price in millionths of a US dollar, rounded up. */
export const costMicros = ({ priceMicros }: AnalyserChoice, units: number) => Math.ceil(priceMicros * units);
