import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';

const root = join(__dirname, '..', '..');
/** Without the changelog, which may name files that were deleted. */
const documents = globSync(['*.md', 'docs/*.md'], { cwd: root }).filter((path) => path !== 'CHANGELOG.md');

/** Paths in backticks that begin with a folder of the repository; they may contain the globs `{a,b}` and `*`. */
const PATH = /`((?:\.githooks|deploy|docs|libs|services|tests)\/[^`\s]+)`/g;
const LINK = /\]\((?!https?:|#|mailto:)([^)#]+)/g;
/** The part of a path from its first placeholder, as in `libs/media/<name>.ts`: only the folder above it must exist. */
const PLACEHOLDER = /\/?[^/]*(?:<|…).*/;

/** Returns the paths in the `text` of the file `document` that do not exist. */
function missingPaths(document: string, text: string): string[] {
  const named = [...text.matchAll(PATH)].map(([, path]) => path!.replace(PLACEHOLDER, ''));
  const linked = [...text.matchAll(LINK)].map(([, path]) => join(dirname(document), path!));
  return [...named, ...linked].filter((path) => globSync(path, { cwd: root }).length === 0);
}

/** Settings of the README that containers have of their own: addresses and folders inside, and one process each. */
const FIXED = /^(?:SNAPSTREAM_MODE|PORT|HOST|OPS_HOST|OPS_PORT|DATA_DIR|WORKERS|WORKER_QUEUES|SESSION_SECRET|AWS_\w+)$/;
/** Those that have no meaning beside emulators. */
const FIXED_BESIDE_EMULATORS = new Set(['TABLE_PREFIX', 'S3_EVENTS_QUEUE_URL']);

describe('the compose files', () => {
  const table = readFileSync(join(root, 'README.md'), 'utf8').match(/^\| `SNAPSTREAM_MODE`.*\n(?:\|.*\n)*/m)![0];
  const cells = table.split('\n').map((row) => row.split(' | ', 1)[0]!);
  const settings = cells.flatMap((cell) => [...cell.matchAll(/`([A-Z\d_]+)`/g)].map(([, name]) => name!));

  it.each([
    ['docker-compose.yml', FIXED_BESIDE_EMULATORS],
    ['deploy/docker-compose.aws.yml', new Set<string>()],
  ])('%s passes every setting of the README on', (path, fixed) => {
    const file = parse(readFileSync(join(root, path), 'utf8'), { merge: true }) as Record<'x-environment', object>;
    const passed = new Set(Object.keys(file['x-environment']));
    expect(settings).toContain('LOG_LEVEL');
    expect(settings.filter((name) => !passed.has(name) && !FIXED.test(name) && !fixed.has(name))).toEqual([]);
  });
});

describe('the documents', () => {
  it.each(documents)('%s names only paths that exist', (document) => {
    expect(missingPaths(document, readFileSync(join(root, document), 'utf8'))).toEqual([]);
  });

  it.each([
    ['`libs/platform/nothing.ts`', 'libs/platform/nothing.ts'],
    ['[there](nowhere.md)', 'docs/nowhere.md'],
    ['`services/nothing/<name>.ts`', 'services/nothing'],
  ])('reports %s', (text, path) => {
    expect(missingPaths('docs/a.md', text)).toEqual([path]);
  });

  it.each([
    '`libs/platform/outbox.ts`',
    '[security](security.md)',
    '`services/worker/<name>.ts`',
    '`services/*/main.ts`',
    '`libs/{media,nest}/index.ts`',
  ])('allows %s', (text) => {
    expect(missingPaths('docs/a.md', text)).toEqual([]);
  });
});
