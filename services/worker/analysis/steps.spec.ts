import { once, runSteps, type FoundFacts, type Step } from './steps';

const facts: FoundFacts = {
  kind: 'image',
  width: 1,
  height: 1,
  durationSeconds: null,
  codecs: ['png'],
  placeholder: null,
};
const step = (weight: number, found: FoundFacts, parts: number[] = []): Step<null> => ({
  name: 'a step',
  weight,
  run: async (_, onPart) => {
    parts.forEach(onPart);
    return found;
  },
});

describe('runSteps', () => {
  it('reports progress by the weights of the steps, up to 100', async () => {
    const reported: number[] = [];
    await runSteps([step(1, facts), step(3, {}, [0.5, 2])], null, (percent) => reported.push(percent));
    expect(reported).toEqual([25, 62.5, 100, 100]);
  });

  it('merges what the steps find, and has null for what none of them derived', async () => {
    const thumbnail = { name: 'thumbnail.webp', contentType: 'image/webp' };
    const found = await runSteps(
      [step(1, { ...facts, metadata: { title: 'A' } }), step(1, { metadata: { year: 2026 }, derived: { thumbnail } })],
      null,
      () => {},
    );
    expect(found).toMatchObject({ metadata: { title: 'A', year: 2026 }, derived: { thumbnail, preview: null } });
  });

  it('refuses facts of a list that lacks one', async () => {
    await expect(runSteps([step(1, { kind: 'image' })], null, () => {})).rejects.toThrow('codecs');
  });

  it('ends with the first step that fails', async () => {
    const run = jest.fn();
    const failing: Step<null> = { name: 'fails', weight: 1, run: () => Promise.reject(new Error('broken')) };
    await expect(runSteps([failing, { name: 'next', weight: 1, run }], null, () => {})).rejects.toThrow('broken');
    expect(run).not.toHaveBeenCalled();
  });
});

test('once makes a value for its first caller', async () => {
  const make = jest.fn(async (value: number) => value);
  const value = once(make);
  expect([await value(1), await value(2)]).toEqual([1, 1]);
});
