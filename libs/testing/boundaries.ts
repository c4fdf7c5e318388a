export interface SourceFile {
  /** From the top of the repository, `/`-separated. */
  path: string;
  text: string;
}

/** What each part may import of ours, besides itself. The arrow: contracts <- config <- platform <- media <- services; nest beside media. */
const mayImport: Record<string, readonly string[]> = {
  'libs/contracts': [],
  'libs/config': ['libs/contracts'],
  'libs/platform': ['libs/contracts', 'libs/config'],
  'libs/media': ['libs/contracts', 'libs/config', 'libs/platform'],
  'libs/nest': ['libs/contracts', 'libs/config', 'libs/platform'],
  'libs/testing': ['libs/contracts', 'libs/config', 'libs/platform', 'libs/media', 'libs/nest'],
  'services/web': ['libs/contracts'],
  'services/standalone': [
    'libs/contracts',
    'libs/config',
    'libs/platform',
    'libs/media',
    'libs/nest',
    'services/auth',
    'services/media',
    'services/notification',
  ],
  deploy: ['libs/contracts', 'libs/config', 'libs/platform'],
};
const service = ['libs/contracts', 'libs/config', 'libs/platform', 'libs/media', 'libs/nest'];

/** Technologies that one folder alone knows. */
const confined: ReadonlyArray<{ what: RegExp; to: readonly string[] }> = [
  { what: /^@aws-sdk\//, to: ['libs/platform/', 'libs/testing/', 'deploy/'] },
  { what: /^bullmq$/, to: ['libs/platform/'] },
  { what: /^sharp$/, to: ['services/worker/analysis/', 'libs/testing/'] },
  { what: /^fluent-ffmpeg$/, to: ['services/worker/analysis/'] },
];

const IMPORT =
  /\b(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?['"]([^'"]+)['"]|\b(?:require|import)\(\s*['"]([^'"]+)['"]\s*\)/g;

/** Every line that crosses a boundary of the architecture, as a sentence each. */
export function violations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => [...importViolations(file), ...environmentViolations(file)]);
}

function importViolations({ path, text }: SourceFile): string[] {
  const isTest = path.startsWith('tests/') || /\.(spec|contract|testing)\.ts$/.test(path);
  const part = partOf(path);
  return [...text.matchAll(IMPORT)].flatMap(([, typeOnly, from, required]) => {
    const specifier = (from ?? required)!;
    const broken = confined.filter(
      ({ what, to }) => what.test(specifier) && !isTest && !to.some((folder) => path.startsWith(folder)),
    );
    const target = targetOf(path, specifier);
    const seesAll = isTest && (target?.startsWith('libs/') || (part === 'tests' && target?.startsWith('services/')));
    const allowed = !target || target === part || seesAll || (mayImport[part] ?? service).includes(target);
    return [
      ...broken.map(() => `${path} imports ${specifier}, which is another folder's`),
      ...(allowed ? [] : [`${path} imports ${target}, against the arrow`]),
      ...(part === 'services/web' && target === 'libs/contracts' && !typeOnly && !isBundled(specifier)
        ? [`${path} imports more than types of ${target}`]
        : []),
    ];
  });
}

/** The list of formats imports nothing, so the pages can bundle it: the rest of the contracts would bring zod along. */
const isBundled = (specifier: string) => specifier.endsWith('/libs/contracts/formats');

function environmentViolations({ path, text }: SourceFile): string[] {
  const mayRead = /^(libs\/(config|testing)|tests)\//.test(path) || path.endsWith('.spec.ts');
  return !mayRead && /\bprocess\.env\b/.test(text) ? [`${path} reads process.env, which libs/config does`] : [];
}

function partOf(path: string): string {
  const [first, second] = path.split('/');
  return first === 'deploy' || first === 'tests' ? first : `${first}/${second}`;
}

/** The part of ours that an import leads to; null for packages and neighbours of the same folder. */
function targetOf(path: string, specifier: string): string | null {
  if (specifier.startsWith('#')) return `libs/${specifier.slice(1).split('/')[0]}`;
  if (!specifier.startsWith('.')) return null;
  return partOf(new URL(specifier, `file:///${path}`).pathname.slice(1));
}
