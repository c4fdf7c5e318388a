import { SentimentIntensityAnalyzer } from 'vader-sentiment';
import model from 'wink-eng-lite-web-model';
import winkNLP from 'wink-nlp';
import type { AnalyserResults } from '#contracts';

type Sentiment = AnalyserResults['sentiment'];

const MAX_PHRASES = 20;
const MAX_PHRASE_WORDS = 5;
/** A sentence of this compound value is as likely neutral as not: the threshold of VADER's authors. */
const NEUTRAL_COMPOUND = 0.05;
const wink = winkNLP(model, ['sbd', 'pos']);
const { its } = wink;

/** Finds the sentiment and the key phrases of an English text. */
export function readEnglish(text: string): Pick<Sentiment, 'overall' | 'scores' | 'keyPhrases'> {
  const scores = scoresOf(text);
  const [overall] = Object.entries(scores).toSorted(([, a], [, b]) => b - a)[0]! as [Sentiment['overall'], number];
  return { overall, scores, keyPhrases: keyPhrasesOf(text) };
}

/**
 * VADER judges single sentences, so those of the text are averaged. What is positive in some sentences and negative in
 * others is mixed.
 */
function scoresOf(text: string): Sentiment['scores'] {
  const sentences = [...new Intl.Segmenter('en', { granularity: 'sentence' }).segment(text)];
  const compounds = sentences
    .filter(({ segment }) => /\p{L}/u.test(segment))
    .map(({ segment }) => SentimentIntensityAnalyzer.polarity_scores(segment.trim()).compound);
  const positive = mean(compounds.map(certainty));
  const negative = mean(compounds.map((compound) => certainty(-compound)));
  const both = Math.min(positive, negative);
  return {
    positive: rounded(positive - both),
    negative: rounded(negative - both),
    neutral: rounded(1 - positive - negative),
    mixed: rounded(2 * both),
  };
}

/** Runs of adjectives and nouns that end in a noun, weighted by how often they occur and how specific they are. */
function keyPhrasesOf(text: string): Sentiment['keyPhrases'] {
  const doc = wink.readDoc(text);
  const words = doc.tokens().out() as string[];
  const tags = doc.tokens().out(its.pos) as string[];
  const counts = new Map<string, { text: string; weight: number }>();
  let run: number[] = [];
  const add = () => {
    while (run.length > 0 && tags[run.at(-1)!] === 'ADJ') run.pop();
    const phrase = run.slice(-MAX_PHRASE_WORDS).map((at) => words[at]!);
    run = [];
    const whole = phrase.join(' ');
    if (whole.length < 3 || !/\p{L}{2}/u.test(whole)) return;
    const known = counts.get(whole.toLowerCase());
    counts.set(whole.toLowerCase(), { text: whole, weight: (known?.weight ?? 0) + Math.sqrt(phrase.length) });
  };
  tags.forEach((tag, at) => {
    if (tag === 'NOUN' || tag === 'PROPN' || tag === 'ADJ') run.push(at);
    else add();
  });
  add();
  const best = [...counts.values()].toSorted((a, b) => b.weight - a.weight).slice(0, MAX_PHRASES);
  return best.map(({ text: phrase, weight }) => ({ text: phrase, score: rounded(weight / best[0]!.weight) }));
}

const certainty = (compound: number) => (compound > 0 ? compound / (compound + NEUTRAL_COMPOUND) : 0);
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
const rounded = (value: number) => Math.min(1, Math.max(0, Math.round(value * 1_000) / 1_000));
