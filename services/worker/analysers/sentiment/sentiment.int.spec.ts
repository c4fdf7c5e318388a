import { describeAnalyser, aSubject } from '../analyser.contract';
import { LocalSentiment } from './local';

const subjectOf = (content: string) => aSubject({ text: { source: 'speech', content } });
const GOOD = 'I love this wonderful garden. The red roses are beautiful, and our new neighbours are very kind.';
const BAD = 'The service was terrible. We hated the cold food and the dirty table, an awful evening.';

describe('the local analyser of sentiment', () => {
  const analyser = new LocalSentiment();
  afterAll(() => analyser.close());
  const analyse = (content: string) => analyser.analyse(subjectOf(content), new AbortController().signal);

  describeAnalyser('sentiment', { analyser: () => analyser, subjectOf: () => subjectOf(GOOD) });

  it.each([
    ['positive', GOOD],
    ['negative', BAD],
    ['neutral', 'The train leaves at nine from platform four. The meeting is on Tuesday.'],
    ['mixed', `${GOOD} ${BAD}`],
  ] as const)('calls a text %s', async (overall, text) => {
    const result = await analyse(text);
    expect(result).toMatchObject({ language: 'en', source: 'speech', overall });
    expect(Object.values(result.scores).reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 2);
  });

  it('finds noun phrases, the most frequent first', async () => {
    const text = 'The city council wants a new school. The city council met the construction company on Tuesday.';
    const phrases = (await analyse(text)).keyPhrases;
    expect(phrases[0]).toEqual({ text: 'city council', score: 1 });
    expect(phrases.map(({ text: phrase }) => phrase)).toEqual(
      expect.arrayContaining(['new school', 'construction company']),
    );
  });

  it('refuses other languages, and a subject without text', async () => {
    await expect(analyse('Das Wetter ist heute wunderschön, und wir gehen in den Garten.')).rejects.toMatchObject({
      code: 'language_unsupported',
    });
    await expect(analyser.analyse(aSubject(), new AbortController().signal)).rejects.toMatchObject({
      code: 'no_text',
    });
  });
});
