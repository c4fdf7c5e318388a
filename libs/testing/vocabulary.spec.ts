import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const root = join(__dirname, '..', '..');
const files = globSync(
  [
    '*.md',
    '.githooks/*',
    'docs/*.md',
    'docker-compose.yml',
    '{deploy,libs,services,tests}/**/*.{ts,mjs,css,html,conf,sh,yml}',
  ],
  { cwd: root, exclude: ['deploy/aws/cdk/node_modules/**'] },
).filter((path) => path !== 'CHANGELOG.md' && basename(path) !== basename(__filename));

/** Idiom and names of earlier versions, each with the term that the field uses. */
const retired: ReadonlyArray<[RegExp, string]> = [
  [/\b(un)?(told|heard)\b|\bteller\b/i, 'notified, confirmed, received; ambiguous write, lost response'],
  [/\bnobody\b(?![@'$])|\bsomebody\b(?! else')|\beverybody\b|\bwhoever\b/i, 'the component, the user, the caller'],
  [/\b(is|are|was|were|be|been|goes|went) away\b/i, 'unavailable, disconnected, closed'],
  [/\b(goes|go|went) on\b/i, 'continues'],
  [/\bmend(s|ed|ing)?\b/i, 'repair, fix, recover'],
  [/\brooms?\b/i, 'space, quota'],
  [/\bfates?\b/i, 'outcome'],
  [/\b(lets?|letting) go\b/i, 'release'],
  [/\bonce more\b|\banew\b/i, 'again'],
  [/\bcan not\b/i, 'cannot'],
  [/\bhand(s|ed)? back\b|\bhandBack\b/i, 'release'],
  [/\b(UploadLine|WorkLine|MediaOutlook|Intake|Finisher|UploadFate|EventTeller)\b/, 'see docs/glossary.md'],
  [
    /\b(persist|dieLoudly|toldOf|keepEnsuring|fateOf|clearAway|tookTheRoom|hasNoRoom|sameMedium)\(/,
    'see docs/glossary.md',
  ],
];

/** Returns `path:line: word (terms to use)` for each retired word. */
function retiredWords(path: string, text: string): string[] {
  return text
    .split('\n')
    .flatMap((line, at) =>
      retired.flatMap(([word, terms]) =>
        word.test(line) ? [`${path}:${at + 1}: ${word.exec(line)![0]} (${terms})`] : [],
      ),
    );
}

describe('code and documents', () => {
  it('use the terms of the field', () => {
    expect(files.flatMap((path) => retiredWords(path, readFileSync(join(root, path), 'utf8')))).toEqual([]);
  });

  it.each([
    ['// the store is away', 'is away'],
    ['/** Nobody else reads it. */', 'Nobody'],
    ['const fate = 1;', 'fate'],
  ])('reports %j', (line, word) => {
    expect(retiredWords('a.ts', line)).toEqual([expect.stringContaining(`a.ts:1: ${word} (`)]);
  });

  it('keep to lines of 120 characters', () => {
    const sources = files.filter((path) => path.endsWith('.ts'));
    const tooLong = sources.flatMap((path) =>
      readFileSync(join(root, path), 'utf8')
        .split('\n')
        .flatMap((line, at) => (line.length > 120 ? [`${path}:${at + 1}`] : [])),
    );
    expect(tooLong).toEqual([]);
  });
});
