import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { loadConfig } from '#config';
import { aSubject } from '../../services/worker/analysers/analyser.contract';
import { LocalLabels } from '../../services/worker/analysers/labels/local';
import { LocalModeration } from '../../services/worker/analysers/moderation/local';
import { LocalText } from '../../services/worker/analysers/text/local';
import { visionOf } from '../../services/worker/vision/local-vision';

interface Row {
  file: string;
  /** Everything that the picture shows and that has a name here; other labels are wrong. */
  shown: string[];
  /** Words that a person reads in it. */
  words: string[];
}

interface Outcome extends Row {
  labels: string[];
  read: string[];
  flagged: boolean;
}

const folder = process.env.PHOTOS;
if (!folder) throw new Error('Set PHOTOS to a folder with the pictures: see docs/analysis.md');
const manifest = process.env.MANIFEST ?? join(__dirname, 'photographs.tsv');
const dir = mkdtempSync(join(tmpdir(), 'quality-'));
const vision = visionOf(loadConfig({ DATA_DIR: dir }));
const { signal } = new AbortController();

const toWords = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

const rows: Row[] = readFileSync(manifest, 'utf8')
  .split('\n')
  .slice(1)
  .filter(Boolean)
  .map((line) => line.split('\t'))
  .map(([file = '', shown = '', words = '']) => ({
    file,
    shown: shown.split(', ').filter(Boolean),
    words: toWords(words),
  }));

/** Analyses a picture as the product does: from a preview, which is a JPEG for a JPEG, else a WebP. */
async function analyse(row: Row): Promise<Outcome> {
  const path = join(dir, /jpe?g$/i.test(row.file) ? 'preview.jpg' : 'preview.webp');
  const preview = sharp(join(folder!, row.file)).autoOrient();
  await preview.resize(1_600, 1_600, { fit: 'inside', withoutEnlargement: true }).toFile(path);
  const subject = aSubject({ pictures: async () => [{ path, atSeconds: null }] });
  const { labels } = await new LocalLabels(vision).analyse(subject, signal, () => {});
  const { lines } = await new LocalText(vision).analyse(subject, signal, () => {});
  const { flagged } = await new LocalModeration(vision).analyse(subject, signal, () => {});
  return {
    ...row,
    labels: labels.map(({ name }) => name),
    read: lines.flatMap(({ text }) => toWords(text)),
    flagged,
  };
}

/** How many of the words were read, each as often as it is in the picture. */
function countFound({ words, read }: Outcome): number {
  const left = [...read];
  return words.filter((word) => {
    const at = left.indexOf(word);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  }).length;
}

const sum = <T>(items: readonly T[], count: (item: T) => number) =>
  items.reduce((total, item) => total + count(item), 0);
const percent = (part: number, whole: number) => `${part} of ${whole} (${Math.round((100 * part) / whole)} %)`;

const right = (outcome: Outcome) => outcome.labels.filter((name) => outcome.shown.includes(name)).length;

function toLine(outcome: Outcome): string {
  const { file, shown, labels, words, flagged } = outcome;
  const missed = shown.filter((name) => !labels.includes(name));
  const wrong = labels.filter((name) => !shown.includes(name));
  const notes = [
    labels.join(', '),
    missed.length > 0 ? `missed: ${missed.join(', ')}` : '',
    wrong.length > 0 ? `WRONG: ${wrong.join(', ')}` : '',
    words.length > 0 ? `words ${percent(countFound(outcome), words.length)}` : '',
    flagged ? 'FLAGGED' : '',
  ];
  return `${file.split('/').at(-1)!.padEnd(40)} ${notes.filter(Boolean).join(' | ')}`;
}

function toTotals(outcomes: readonly Outcome[]): string[] {
  const rightLabels = sum(outcomes, right);
  const found = percent(
    sum(outcomes, countFound),
    sum(outcomes, ({ words }) => words.length),
  );
  return [
    `labels that are right: ${percent(
      rightLabels,
      sum(outcomes, ({ labels }) => labels.length),
    )}`,
    `labels that were found: ${percent(
      rightLabels,
      sum(outcomes, ({ shown }) => shown.length),
    )}`,
    `words that were found: ${found} in ${outcomes.filter(({ words }) => words.length > 0).length} pictures with text`,
    `flagged by moderation: ${percent(outcomes.filter(({ flagged }) => flagged).length, outcomes.length)}`,
  ];
}

describe('the local analysers of pictures', () => {
  const outcomes: Outcome[] = [];
  afterAll(async () => {
    await vision.close();
    rmSync(dir, { recursive: true });
    process.stdout.write(`${[...outcomes.map(toLine), ...toTotals(outcomes)].join('\n')}\n`);
  });

  it.each(rows.map((row) => [row.file, row] as const))(
    'analyse %s',
    async (_file, row) => {
      outcomes.push(await analyse(row));
    },
    60_000,
  );
});
