import { setTimeout as sleep } from 'node:timers/promises';
import { analyserResults, analysers, type AnalyserName, type AnalyserResults } from '#contracts';
import { AnalysisPending, type Analyser, type AnalysisSubject } from './analyser';

const missing = () => Promise.reject(new Error('the test gave no such file'));

/** Makes a subject without content; `overrides` are what a test analyses. */
export function aSubject(overrides: Partial<AnalysisSubject> = {}): AnalysisSubject {
  return {
    mediaId: '01HZZZZZZZZZZZZZZZZZZZZZZZ',
    userId: '01HYYYYYYYYYYYYYYYYYYYYYYY',
    run: 1,
    kind: 'image',
    durationSeconds: null,
    width: 640,
    height: 480,
    folder: '/nonexistent',
    pictures: missing,
    sound: missing,
    text: null,
    state: null,
    ...overrides,
  };
}

/** Analyses a subject as deliveries do: again, with its state, while the provider needs time. */
async function analyseToEnd<N extends AnalyserName>(
  analyser: Analyser<N>,
  subject: AnalysisSubject,
): Promise<AnalyserResults[N]> {
  for (let { state } = subject; ;) {
    try {
      return await analyser.analyse({ ...subject, state }, new AbortController().signal, () => {});
    } catch (error) {
      if (!(error instanceof AnalysisPending)) throw error;
      state = error.state;
      await sleep(error.continueAt.getTime() - Date.now());
    }
  }
}

/**
 * What every adapter of an analyser guarantees.
 * @param subjectOf returns something that the analyser finds something in
 */
export function describeAnalyser<N extends AnalyserName>(
  name: N,
  { analyser, subjectOf }: { analyser: () => Analyser<N>; subjectOf: () => AnalysisSubject | Promise<AnalysisSubject> },
): void {
  describe(`an adapter of ${name}`, () => {
    it('returns the shape of the contract, and the same for the same subject', async () => {
      const subject = await subjectOf();
      const result = await analyseToEnd(analyser(), subject);
      expect(analyserResults[name].parse(result)).toEqual(result);
      expect(await analyseToEnd(analyser(), subject)).toEqual(result);
    });

    it('ends with the reason of an aborted signal', async () => {
      const reason = new Error('shutdown');
      await expect(analyser().analyse(await subjectOf(), AbortSignal.abort(reason), () => {})).rejects.toBe(reason);
    });

    it('has a provider and model as the table of analysers names them', () => {
      const { provider, model } = analyser();
      const entry = (analysers[name].providers as Record<string, { model: string | null }>)[provider];
      expect([entry?.model, model]).toContain(model);
      expect(model).not.toBe('');
    });
  });
}
