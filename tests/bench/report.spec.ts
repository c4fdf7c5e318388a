import { documentOf, type Report } from './report';

const report = (part: string, value: number): Report =>
  new Map([[part, [{ what: 'a second', product: '5', limit: '10', value, goal: { atLeast: 0.7 } }]]]);

describe('the document of the benchmarks', () => {
  it('says for each goal whether it is met', () => {
    expect(documentOf('', '# Figures\n', 'M', report('clips', 0.5))).toContain(
      '| clips | a second | 5 | 10 | 0.50 | ≥ 0.7 | missed |',
    );
    expect(documentOf('', '# Figures\n', 'M', report('clips', 0.7))).toContain('| ≥ 0.7 | met |');
  });

  it('keeps the figures of the parts that did not run, unless they are of another machine', () => {
    const before = documentOf('', '# Figures\n', 'M', report('clips', 0.9));
    const after = documentOf(before, '# Figures\n', 'M', report('sounds', 0.8));
    expect(after).toContain('| clips | a second | 5 | 10 | 0.90 |');
    expect(after).toContain('| sounds | a second | 5 | 10 | 0.80 |');
    expect(after.match(/^\| --- /gm)).toHaveLength(1);
    expect(documentOf(after, '# Figures\n', 'N', report('sounds', 0.8))).not.toContain('clips');
  });
});
