export interface SourceFile {
  /** Relative to the root of the repository, `/`-separated. */
  path: string;
  text: string;
}

/**
 * The internal imports allowed to each part, besides itself. Direction of dependencies:
 * contracts <- config <- platform <- media <- services; nest is on the level of media.
 */
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

/** Packages that only certain folders may import. */
const confined: ReadonlyArray<{ pattern: RegExp; to: readonly string[] }> = [
  {
    pattern: /^@aws-sdk\/(?!client-(rekognition|transcribe|comprehend)$)/,
    to: ['libs/platform/', 'libs/testing/', 'deploy/'],
  },
  {
    pattern: /^@aws-sdk\/client-(rekognition|transcribe|comprehend)$/,
    to: ['services/worker/analysers/aws/', 'libs/testing/'],
  },
  { pattern: /^bullmq$/, to: ['libs/platform/'] },
  {
    pattern: /^sharp$/,
    to: [
      'services/worker/analysis/',
      'services/worker/sandbox/restraints/',
      'services/worker/vision/',
      'libs/testing/',
    ],
  },
  { pattern: /^(@tensorflow\/|@vladmandic\/|onnxruntime)/, to: ['services/worker/vision/'] },
  { pattern: /^nodemailer$/, to: ['libs/platform/mail/'] },
  { pattern: /^sherpa-onnx/, to: ['services/worker/analysers/speech/local/'] },
  { pattern: /^fluent-ffmpeg$/, to: ['services/worker/analysis/'] },
];

const STATIC_IMPORT = /\b(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?['"]([^'"]+)['"]/;
const DYNAMIC_IMPORT = /\b(?:require|import)\(\s*['"]([^'"]+)['"]\s*\)/;
const IMPORT = new RegExp(`${STATIC_IMPORT.source}|${DYNAMIC_IMPORT.source}`, 'g');

/** Returns a sentence for each violation of the boundaries. */
export function findViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => [...importViolations(file), ...environmentViolations(file), ...tableViolations(file)]);
}

function importViolations({ path, text }: SourceFile): string[] {
  const isTest = path.startsWith('tests/') || /\.(spec|contract|testing)\.ts$/.test(path);
  const part = partOf(path);
  return [...text.matchAll(IMPORT)].flatMap(([, typeOnly, from, required]) => {
    const specifier = (from ?? required)!;
    const violated = confined.filter(
      ({ pattern, to }) => pattern.test(specifier) && !isTest && !to.some((folder) => path.startsWith(folder)),
    );
    const target = targetOf(path, specifier);
    const seesAll = isTest && (target?.startsWith('libs/') || (part === 'tests' && target?.startsWith('services/')));
    const allowed = !target || target === part || seesAll || (mayImport[part] ?? service).includes(target);
    return [
      ...violated.map(() => `${path} imports ${specifier}, which only other folders may import`),
      ...(allowed ? [] : [`${path} imports ${target}, against the direction of dependencies`]),
      ...(part === 'services/web' && target === 'libs/contracts' && !typeOnly && !isBundled(specifier)
        ? [`${path} imports more than types of ${target}`]
        : []),
    ];
  });
}

/** The list of formats has no imports, so the pages can bundle it: the rest of the contracts would include zod. */
const isBundled = (specifier: string) => specifier.endsWith('/libs/contracts/formats');

function environmentViolations({ path, text }: SourceFile): string[] {
  const mayRead = /^(libs\/(config|testing)|tests)\//.test(path) || path.endsWith('.spec.ts');
  return !mayRead && /\bprocess\.env\b/.test(text) ? [`${path} reads process.env, which only libs/config may do`] : [];
}

/** The calls of `Dynamo` that name the media table. */
const MEDIA_TABLE = /\bdynamo\s*\.\w+(?:<[^(]*>)?\(\s*'media'/;

function tableViolations({ path, text }: SourceFile): string[] {
  const mayUse = path.startsWith('libs/media/') || /^tests\/|\.(spec|testing)\.ts$/.test(path);
  return !mayUse && MEDIA_TABLE.test(text)
    ? [`${path} uses the media table, which only the repositories of libs/media may do`]
    : [];
}

function partOf(path: string): string {
  const [first, second] = path.split('/');
  return first === 'deploy' || first === 'tests' ? first : `${first}/${second}`;
}

/** Returns the internal part that an import refers to; null for packages. */
function targetOf(path: string, specifier: string): string | null {
  if (specifier.startsWith('#')) return `libs/${specifier.slice(1).split('/')[0]}`;
  if (!specifier.startsWith('.')) return null;
  return partOf(new URL(specifier, `file:///${path}`).pathname.slice(1));
}
