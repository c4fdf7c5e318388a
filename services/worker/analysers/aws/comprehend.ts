import type { ComprehendClient, KeyPhrase, LanguageCode, SentimentScore } from '@aws-sdk/client-comprehend';
import type { AnalyserResults } from '#contracts';
import { type Analyser, AnalyserFailure, type AnalysisSubject, type OnProgress } from '../analyser';
import { type AwsAccess, call, clientOptions } from './call';
import { cutAtSentences } from './text-parts';

type Sentiment = AnalyserResults['sentiment'];

/** Of DetectSentiment (https://docs.aws.amazon.com/comprehend/latest/dg/guidelines-and-limits.html). */
const MAX_BYTES = 5_000;
/** About an hour of speech; the rest of a longer text is not read. */
const MAX_PARTS = 12;
const MAX_KEY_PHRASES = 20;
const LANGUAGES = new Set(['en', 'es', 'fr', 'de', 'it', 'pt', 'ar', 'hi', 'ja', 'ko', 'zh', 'zh-TW']);

interface Part {
  bytes: number;
  scores: SentimentScore;
  phrases: KeyPhrase[];
}

/** Sentiment, key phrases and language of texts by Comprehend. */
export class AwsSentiment implements Analyser<'sentiment'> {
  readonly provider = 'aws';
  readonly model = 'Comprehend';
  private client: Promise<ComprehendClient> | null = null;

  constructor(private readonly access: AwsAccess) {}

  /** @throws {AnalyserFailure} no_text, language_unsupported, and those of `call` */
  async analyse({ text }: AnalysisSubject, signal: AbortSignal, onProgress: OnProgress): Promise<Sentiment> {
    signal.throwIfAborted();
    const parts = cutAtSentences(text?.content ?? '', MAX_BYTES, MAX_PARTS);
    if (!text || parts.length === 0) throw new AnalyserFailure('no_text', false);
    const language = await this.languageOf(parts[0]!, signal);
    const found: Part[] = [];
    for (const part of parts) {
      found.push(await this.read(part, language as LanguageCode, signal));
      onProgress((100 * found.length) / parts.length);
    }
    return { language, source: text.source, ...average(found), keyPhrases: bestPhrases(found) };
  }

  async close(): Promise<void> {
    (await this.client)?.destroy();
  }

  private async languageOf(Text: string, signal: AbortSignal): Promise<string> {
    const { DetectDominantLanguageCommand } = await import('@aws-sdk/client-comprehend');
    const client = await this.open();
    const { Languages = [] } = await call(this.access, 'DetectDominantLanguage', signal, () =>
      client.send(new DetectDominantLanguageCommand({ Text }), { abortSignal: signal }),
    );
    const [best] = Languages.toSorted((a, b) => (b.Score ?? 0) - (a.Score ?? 0));
    const language = best?.LanguageCode ?? 'unknown language';
    if (!LANGUAGES.has(language)) throw new AnalyserFailure('language_unsupported', false, language);
    return language;
  }

  private async read(Text: string, LanguageCode: LanguageCode, signal: AbortSignal): Promise<Part> {
    const { DetectKeyPhrasesCommand, DetectSentimentCommand } = await import('@aws-sdk/client-comprehend');
    const client = await this.open();
    const input = { Text, LanguageCode };
    const { SentimentScore: scores = {} } = await call(this.access, 'DetectSentiment', signal, () =>
      client.send(new DetectSentimentCommand(input), { abortSignal: signal }),
    );
    const { KeyPhrases: phrases = [] } = await call(this.access, 'DetectKeyPhrases', signal, () =>
      client.send(new DetectKeyPhrasesCommand(input), { abortSignal: signal }),
    );
    return { bytes: Buffer.byteLength(Text), scores, phrases };
  }

  private open(): Promise<ComprehendClient> {
    this.client ??= import('@aws-sdk/client-comprehend').then(
      ({ ComprehendClient: Client }) => new Client(clientOptions(this.access)),
    );
    return this.client;
  }
}

/** The scores of the parts, each weighted by its length. */
function average(parts: Part[]): Pick<Sentiment, 'overall' | 'scores'> {
  const mean = (score: (scores: SentimentScore) => number | undefined) =>
    parts.reduce((sum, part) => sum + (score(part.scores) ?? 0) * part.bytes, 0);
  const sums = {
    positive: mean(({ Positive }) => Positive),
    negative: mean(({ Negative }) => Negative),
    neutral: mean(({ Neutral }) => Neutral),
    mixed: mean(({ Mixed }) => Mixed),
  };
  const total = Object.values(sums).reduce((sum, value) => sum + value, 0) || 1;
  const scores = {
    positive: sums.positive / total,
    negative: sums.negative / total,
    neutral: sums.neutral / total,
    mixed: sums.mixed / total,
  };
  const names = Object.keys(scores) as Array<keyof typeof scores>;
  return { overall: names.toSorted((a, b) => scores[b] - scores[a])[0]!, scores };
}

/** Each phrase once: what is said often, and surely, first. */
function bestPhrases(parts: Part[]): Sentiment['keyPhrases'] {
  const phrases = new Map<string, { text: string; score: number; count: number }>();
  for (const { Text: text = '', Score: score = 0 } of parts.flatMap((part) => part.phrases)) {
    const known = phrases.get(text.toLowerCase());
    phrases.set(text.toLowerCase(), {
      text: known?.text ?? text,
      score: Math.max(score, known?.score ?? 0),
      count: (known?.count ?? 0) + 1,
    });
  }
  return [...phrases.values()]
    .toSorted((a, b) => b.count - a.count || b.score - a.score)
    .slice(0, MAX_KEY_PHRASES)
    .map(({ text, score }) => ({ text, score: Math.min(score, 1) }));
}
