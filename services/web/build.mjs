/**
 * Bundles the front end into dist/web: index.html (the one shell for every page) and assets/ with content hashes in
 * their names, so that everything except index.html may be cached forever. With `--watch` it rebuilds at each change,
 * uncompressed, and adds a script that reloads open pages.
 */
import { createHash } from 'node:crypto';
import { watch } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '../../dist/web');
const assets = join(out, 'assets');
/** Addresses of the scripts that main.ts imports. The shell loads them at the same time as main.ts. */
let preloaded = [];
/** Addresses of the written files by source name: `%main.ts%` in the shell becomes `/assets/main-<hash>.js`. */
const addresses = new Map();

const watching = process.argv.includes('--watch');
const compressed = ['.br', '.gz'];

await buildAll().catch(reportFailure);
if (watching) rebuildOnChange();

async function buildAll() {
  await mkdir(assets, { recursive: true });
  addresses.clear();
  await bundle();
  for (const name of ['favicon.svg', 'favicon-unread.svg', 'icon-maskable.svg']) await copy(name, (text) => text);
  await copy('manifest.webmanifest', insertAddresses);
  const html = insertAddresses(await readFile(join(here, 'index.html'), 'utf8'));
  const shell = watching
    ? html.replace('</head>', insertAddresses('<script type="module" src="%dev-reload.ts%"></script></head>'))
    : html;
  await writeFile(join(out, 'index.html'), shell);
  if (watching) for (const suffix of compressed) await rm(join(out, `index.html${suffix}`), { force: true });
  else await compress();
  await removeStale();
  await report();
}

/** In watch mode an error is printed, and the next change builds again. esbuild prints its own errors. */
function reportFailure(error) {
  if (!watching) throw error;
  if (!error.errors) process.stderr.write(`web: ${error.message}\n`);
}

/** Changes during a build start another one. Debounced by 50 ms, because editors write a file in several steps. */
function rebuildOnChange() {
  let building = Promise.resolve();
  let timer;
  process.once('disconnect', () => process.exit(0)); // `npm run dev` has ended
  watch(here, { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(() => (building = building.then(buildAll).catch(reportFailure)), 50);
  });
}

async function bundle() {
  const separate = ['src/theme-boot.ts', 'styles/index.css'];
  await bundleTogether(watching ? [...separate, 'src/dev-reload.ts'] : separate);
  // What `import()` loads is a file of its own, and what it shares with the script of every page another one.
  preloaded = await bundleTogether(['src/main.ts'], { splitting: true });
}

/** @returns the addresses of the files that the last entry point imports at its start */
async function bundleTogether(paths, options = {}) {
  const result = await build({
    entryPoints: paths.map((path) => join(here, path)),
    outdir: assets,
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    loader: { '.woff2': 'file', '.svg': 'file' },
    bundle: true,
    minify: true,
    sourcemap: 'linked',
    format: 'esm',
    target: 'es2024',
    // Nesting, layers and light-dark() are not lowered, which would double the size of the style sheet.
    supported: { nesting: true },
    metafile: true,
    absWorkingDir: here,
    logLevel: 'warning',
    ...options,
  });
  const { outputs } = result.metafile;
  for (const [path, { entryPoint, inputs }] of Object.entries(outputs)) {
    if (path.endsWith('.map')) continue;
    const isShared = !entryPoint && path.endsWith('.js');
    addresses.set(isShared ? basename(path) : basename(entryPoint ?? Object.keys(inputs)[0]), addressOf(path));
  }
  const last = Object.values(outputs).find(({ entryPoint }) => entryPoint === paths.at(-1));
  return last.imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => addressOf(path));
}

function addressOf(path) {
  return `/assets/${basename(path)}`;
}

async function copy(name, transform) {
  const text = transform(await readFile(join(here, 'assets', name), 'utf8'));
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  const target = `${basename(name, extname(name))}-${hash}${extname(name)}`;
  addresses.set(name, `/assets/${target}`);
  await writeFile(join(assets, target), text);
}

function insertAddresses(text) {
  const preloads = preloaded.map((address) => `<link rel="modulepreload" href="${address}" />`).join('');
  return text.replace('<!-- modulepreload -->', preloads).replaceAll(/%([\w.-]+)%/g, (_, name) => {
    const address = addresses.get(name);
    if (!address) throw new Error(`Expected an asset named ${name}, but the build made none`);
    return address;
  });
}

/** Writes .gz and .br beside each file at the highest level, which would be too slow for the server per request. */
async function compress() {
  const paths = [...addresses.values()]
    .filter((address) => !address.endsWith('.woff2'))
    .map((address) => join(out, address));
  for (const path of [join(out, 'index.html'), ...paths]) {
    const content = await readFile(path);
    await writeFile(`${path}.gz`, gzipSync(content, { level: 9 }));
    await writeFile(
      `${path}.br`,
      brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }),
    );
  }
}

/** Runs after the new shell is written, so that a running server never refers to a missing file. */
async function removeStale() {
  const current = new Set(
    [...addresses.values()].flatMap((address) =>
      ['', '.map', ...(watching ? [] : compressed)].map((suffix) => basename(address) + suffix),
    ),
  );
  const stale = (await readdir(assets)).filter((name) => !current.has(name));
  await Promise.all(stale.map((name) => rm(join(assets, name))));
}

async function report() {
  const first = [addresses.get('main.ts'), addresses.get('theme-boot.ts'), ...preloaded];
  const script = (await Promise.all(first.map(zippedBytes))).reduce((sum, bytes) => sum + bytes);
  const style = await zippedBytes(addresses.get('index.css'));
  process.stdout.write(`web: script ${kilobytes(script)}, style ${kilobytes(style)} (gzip) -> dist/web\n`);
}

async function zippedBytes(address) {
  return gzipSync(await readFile(join(out, address))).length;
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
