import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Media } from '#contracts';
import { startStandalone, type ApiClient, type Stack } from '#testing';

const folder = process.env.CASES;
if (!folder) throw new Error('Set CASES to a folder with a manifest.tsv');

/** The rows that name a file to upload: the file, and the expectation in words. */
const rows = readFileSync(join(folder, 'manifest.tsv'), 'utf8')
  .split('\n')
  .slice(1)
  .map((line) => line.split('\t'))
  .flatMap(([file = '', instruction = '', expected = '']) =>
    file !== '-' && instruction.startsWith('upload') ? [{ file, expected }] : [],
  );

/** What happened, in the words of the manifest: `completed video 160x90 2 s`. */
async function outcomeOf(api: ApiClient, file: string): Promise<string> {
  const form = new FormData();
  form.set('file', new Blob([readFileSync(join(folder!, file))]), basename(file));
  const answer = await api.call<Media & { code?: string }>('POST', '/api/media', { body: form });
  if (answer.status !== 201) return `${answer.status} ${answer.body.code}`;
  const media = await api.waitUntilSettled(answer.body.id, 120_000);
  if (media.failure) return `failed ${media.failure.code}`;
  const size = media.width === null ? '' : ` ${media.width}x${media.height}`;
  const length = media.durationSeconds === null ? '' : ` ${Number(media.durationSeconds.toFixed(1))} s`;
  return `completed ${media.kind}${size}${length}`;
}

/** Whether an outcome contradicts the status, kind, size or length that an expectation names. */
function contradicts(expected: string, got: string): boolean {
  const mayFail = /failed|41\d/.test(expected);
  if (!got.startsWith('completed')) return !mayFail;
  const [, size] = /^completed[^(;]*?(\d+x\d+)/.exec(expected) ?? [];
  const [kind] = /\b(image|audio|video)\b/.exec(expected) ?? [];
  const [, seconds] = /\b(\d+) s\b/.exec(expected) ?? /durationSeconds (\d+)/.exec(expected) ?? [];
  const [, gotSeconds] = /([\d.]+) s$/.exec(got) ?? [];
  const isOtherLength = seconds !== undefined && Math.abs(Number(gotSeconds) - Number(seconds)) > 0.2;
  return isOtherLength || [size, kind].some((part) => part !== undefined && !got.includes(part));
}

describe('the cases', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStandalone({ workers: 2 });
  }, 60_000);
  afterAll(() => stack.stop());

  it('have the outcomes that their manifest expects', async () => {
    const { api } = await stack.newUser();
    const outcomes: Array<{ file: string; expected: string; got: string }> = [];
    for (const { file, expected } of rows) outcomes.push({ file, expected, got: await outcomeOf(api, file) });
    const table = outcomes.map(
      (row) => (contradicts(row.expected, row.got) ? '✕ ' : '  ') + Object.values(row).join(' | '),
    );
    process.stdout.write(`${table.join('\n')}\n`);
    expect(outcomes.filter(({ expected, got }) => contradicts(expected, got))).toEqual([]);
  }, 900_000);
});
