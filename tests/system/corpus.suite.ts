import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Media } from '#contracts';
import { deployments, type Stack } from '#testing';

interface Row {
  file: string;
  expected: string;
  mime: string;
  width: number | null;
  height: number | null;
  durationSeconds: number | null;
  tolerance: number;
}

const folder = process.env.CORPUS;
if (!folder) throw new Error('Set CORPUS to a folder with a manifest.tsv');
const CONCURRENCY = 4;

const number = (text: string | undefined) => (text ? Number(text) : null);
const rows: Row[] = readFileSync(join(folder, 'manifest.tsv'), 'utf8')
  .split('\n')
  .slice(1)
  .filter(Boolean)
  .map((line) => line.split('\t'))
  .map(([file, , mime, expected, width, height, duration, tolerance]) => ({
    file: file!,
    mime: mime!,
    expected: expected!,
    width: number(width),
    height: number(height),
    durationSeconds: number(duration),
    tolerance: number(tolerance) ?? 0.2,
  }))
  .filter(({ expected }) => expected !== 'list');

/** Returns how an outcome differs from the manifest; empty when it does not. */
function deviation(row: Row, status: number, media: Media | null): string {
  const rejected = status === 415 || status === 400 || status === 413;
  if (!rejected && !media) return `answered ${status}`;
  if (row.expected === 'rejected_415')
    return status === 415 ? '' : `expected 415, got ${status} ${media?.status ?? ''}`;
  if (row.expected === 'rejected_or_failed')
    return rejected || media?.status === 'failed' ? '' : `expected a refusal, got ${media?.status}`;
  if (row.expected === 'any_terminal') return '';
  if (media?.status !== 'completed')
    return `expected completed, got ${status} ${media?.status} ${media?.failure?.code ?? ''}`;
  const sizeDiffers = row.width !== null && (media.width !== row.width || media.height !== row.height);
  if (sizeDiffers) return `expected ${row.width}x${row.height}, got ${media.width}x${media.height}`;
  const off = row.durationSeconds === null ? 0 : Math.abs((media.durationSeconds ?? NaN) - row.durationSeconds);
  return off <= row.tolerance ? '' : `expected ${row.durationSeconds} s, got ${media.durationSeconds} s`;
}

describe.each(deployments)('the corpus, %s', (_name, start) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await start({ workers: 2 });
  });
  afterAll(() => stack.stop());

  it('has the outcomes that its manifest expects, and no worker exits', async () => {
    const { api } = await stack.newUser();
    const outcomes: Array<{ file: string; expected: string; outcome: string; deviation: string }> = [];
    const remaining = [...rows];
    const walk = async () => {
      for (let row = remaining.shift(); row; row = remaining.shift()) {
        const form = new FormData();
        form.set(
          'file',
          new Blob([readFileSync(join(folder, row.file))], { type: row.mime }),
          row.file.split('__').at(-1)!,
        );
        const answer = await api.call<Media & { code?: string }>('POST', '/api/media', { body: form });
        const media =
          answer.status === 201 ? await api.waitUntilSettled(answer.body.id, 120_000).catch(() => null) : null;
        const facts =
          media &&
          `${media.width ?? '-'}x${media.height ?? '-'} ${media.durationSeconds ?? '-'} s ${media.failure?.code ?? ''}`;
        outcomes.push({
          file: row.file,
          expected: row.expected,
          outcome: media ? `${media.status} ${facts}` : `${answer.status} ${answer.body.code}`,
          deviation: deviation(row, answer.status, media),
        });
      }
    };
    const pids = stack.processes?.workers.map(({ pid }) => pid);
    await Promise.all(Array.from({ length: CONCURRENCY }, walk));
    process.stdout.write(
      `${outcomes
        .toSorted((a, b) => (a.file < b.file ? -1 : 1))
        .map((row) => Object.values(row).join(' | '))
        .join('\n')}\n`,
    );
    expect(outcomes.filter((row) => row.deviation)).toEqual([]);
    expect(outcomes).toHaveLength(rows.length);
    for (const pid of pids ?? []) expect(() => process.kill(pid, 0)).not.toThrow();
  }, 900_000);
});
